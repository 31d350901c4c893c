#pragma once

#include <hearth/optim/optimizer_state.hpp>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void OptionWriter::operator()(std::string_view name, const std::optional<bool>& option) {
  entry_.set(name, option ? Value(*option) : Value());
}

HEARTH_INLINE void OptionWriter::operator()(std::string_view name, const std::pair<double, double>& option) {
  entry_.set(name, Value::Tuple{option.first, option.second});
}

namespace detail {

template <class... Keys>
double read_number(const Value& state, const Keys&... keys) {
  const Value& value = state.at(keys...);
  const auto is_number = [](const at::Tensor& tensor) {
    return tensor.numel() == 1 && (tensor.is_floating_point() || c10::isIntegralType(tensor.scalar_type(), false));
  };
  return value.is<at::Tensor>() && is_number(value.as<at::Tensor>()) ? value.as<at::Tensor>().item().toDouble()
                                                                     : state.as<double>(keys...);
}

/// The flag `name` of a group, which Python may have as the integer 0 or 1 too: SGD(…, nesterov=1).
HEARTH_INLINE bool read_flag(const Value& state, std::size_t group, std::string_view name) {
  const Value& value = state.at("param_groups", group, name);
  const bool is_bit = value.is<std::int64_t>() && (value.as<std::int64_t>() == 0 || value.as<std::int64_t>() == 1);
  return is_bit ? value.as<std::int64_t>() == 1 : state.as<bool>("param_groups", group, name);
}

}  // namespace detail

HEARTH_INLINE const Value& OptionReader::entry() const {
  return state_.at("param_groups", group_);
}

HEARTH_INLINE void OptionReader::operator()(std::string_view name, double& option) {
  known_.insert(name);
  option = detail::read_number(state_, "param_groups", group_, name);
}

HEARTH_INLINE void OptionReader::operator()(std::string_view name, bool& option) {
  known_.insert(name);
  option = entry().contains(name) && detail::read_flag(state_, group_, name);
}

HEARTH_INLINE void OptionReader::operator()(std::string_view name, std::optional<bool>& option) {
  known_.insert(name);
  option.reset();
  if (entry().contains(name) && !entry()[name].is<Value::None>()) {
    option = detail::read_flag(state_, group_, name);
  }
}

HEARTH_INLINE void OptionReader::operator()(std::string_view name, std::pair<double, double>& option) {
  known_.insert(name);
  option = {detail::read_number(state_, "param_groups", group_, name, 0),
            detail::read_number(state_, "param_groups", group_, name, 1)};
}

HEARTH_INLINE std::optional<double> OptionReader::initial_lr() const {
  return entry().contains("initial_lr")
             ? std::optional(detail::read_number(state_, "param_groups", group_, "initial_lr"))
             : std::nullopt;
}

HEARTH_INLINE Value::Dict OptionReader::others() const {
  Value::Dict others;
  for (const auto& [key, value] : entry().as<Value::Dict>()) {
    if (!known_.contains(key)) {
      others.set(key, value);
    }
  }
  return others;
}

HEARTH_INLINE SavedGroup saved_group(std::vector<at::Tensor> params, OptionWriter options,
                                     const Value::Dict& python_entries, const Value::Dict& kept,
                                     const std::optional<double>& initial_lr) {
  Value::Dict entry = std::move(options).entry();
  for (const Value::Dict* const others : {&python_entries, &kept}) {
    for (const auto& [key, value] : *others) {
      entry.set(key, value);
    }
  }
  if (initial_lr) {
    entry.set("initial_lr", *initial_lr);
  }
  return {std::move(params), std::move(entry)};
}

HEARTH_INLINE Value optimizer_state(StateNames names, std::vector<SavedGroup> groups, const ParamStates& states) {
  Value::Dict state;
  Value::List entries;
  std::int64_t index = 0;
  for (SavedGroup& group : groups) {
    Value::List indices;
    for (const at::Tensor& parameter : group.params) {
      Value::Dict tensors;
      if (const auto found = states.find(parameter.unsafeGetTensorImpl()); found != states.end()) {
        for (std::size_t kind = 0; kind < names.size(); ++kind) {
          if (found->second[kind].defined()) {
            tensors.set(names[kind], found->second[kind]);
          }
        }
      }
      if (!tensors.empty()) {
        state.set(index, std::move(tensors));
      }
      indices.emplace_back(index++);
    }
    group.entry.set("params", std::move(indices));
    entries.emplace_back(std::move(group.entry));
  }
  return Value::Dict{{"state", std::move(state)}, {"param_groups", std::move(entries)}};
}

namespace detail {

/// A copy of one of a parameter's tensors from a file, of the parameter's type, on its device, in its order; a count of
/// steps as 32-bit float on the CPU.
HEARTH_INLINE at::Tensor read_tensor(const Value& state, const core::Key& parameter_key, std::string_view name,
                                     const at::Tensor& parameter) {
  const std::string path = core::join_keys(core::join_keys("state", parameter_key), name);
  if (is_count(name)) {
    const double count = read_number(state, "state", parameter_key, name);
    core::require(count >= 0, "{} is {}", path, count);
    return at::scalar_tensor(count, at::kFloat);
  }
  const auto& tensor = state.as<at::Tensor>("state", parameter_key, name);
  core::require(tensor.sizes() == parameter.sizes() && tensor.layout() == at::kStrided &&
                    (tensor.is_complex() ? parameter.is_complex() : tensor.is_floating_point()),
                "{} is {} of the type {}, but the parameter has the sizes [{}] and the type {}", path,
                state.at("state", parameter_key, name).kind(), c10::toString(tensor.scalar_type()),
                fmt::join(parameter.sizes(), ", "), c10::toString(parameter.scalar_type()));
  return at::empty_like(parameter, parameter.options().requires_grad(false)).copy_(tensor);
}

/// The tensors of one parameter: all that its options call for, or none.
HEARTH_INLINE ParamState read_param_state(const Value& state, const core::Key& key, StateNames names,
                                          const std::vector<bool>& used, const at::Tensor& parameter) {
  const std::string path = core::join_keys("state", key);
  ParamState read(names.size());
  for (const auto& [name, value] : state.as<Value::Dict>("state", key)) {
    const auto* const text = name.text();
    const auto found = text != nullptr ? std::find(names.begin(), names.end(), *text) : names.end();
    core::require(found != names.end(), "{} has {}, which this optimizer does not keep: was it written by another?",
                  path, to_string(name));
    if (!value.is<Value::None>()) {
      read[static_cast<std::size_t>(found - names.begin())] = read_tensor(state, key, *found, parameter);
    }
  }
  const bool has_some =
      std::any_of(read.begin(), read.end(), [](const at::Tensor& tensor) { return tensor.defined(); });
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    core::require(!has_some || read[kind].defined() || !used[kind], "{} has no {}", path, names[kind]);
  }
  return read;
}

}  // namespace detail

HEARTH_INLINE void check_group_count(const Value& state, std::size_t groups) {
  const std::size_t count = state["param_groups"].items().size();
  core::require(count == groups, "it has {} parameter groups, but the optimizer has {}", count, groups);
}

HEARTH_INLINE ParamStates read_param_states(const Value& state, StateNames names, const ParamLists& groups,
                                            const std::vector<std::vector<bool>>& used) {
  struct Place {
    at::Tensor parameter;
    std::size_t group;
  };
  std::map<core::Key, Place> places;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const Value::List& indices = state.at("param_groups", group, "params").items();
    core::require(indices.size() == groups[group].size(),
                  "its parameter group {} has {} parameters, but the optimizer's has {}", group, indices.size(),
                  groups[group].size());
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const Value& index = indices[i];
      const core::Key key =
          index.is<std::string>() ? core::Key(index.as<std::string>()) : core::Key(index.as<std::int64_t>());
      core::require(places.emplace(key, Place{groups[group][i], group}).second, "it has the parameter {} twice",
                    to_string(key));
    }
  }
  ParamStates states;
  for (const auto& [key, value] : state.as<Value::Dict>("state")) {
    const auto found = places.find(key);
    core::require(found != places.end(), "it has a state of the parameter {}, which is in no group", to_string(key));
    const auto& [parameter, group] = found->second;
    states[parameter.unsafeGetTensorImpl()] = detail::read_param_state(state, key, names, used[group], parameter);
  }
  return states;
}

}  // namespace hearth::optim
