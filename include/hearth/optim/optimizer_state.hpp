/// What an optimizer has learnt and how it is set, in the layout of torch.optim's state_dict.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/key.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/param_group.hpp>

namespace hearth::optim {

/// The tensors that a rule keeps for one parameter, in the order of its `state_names`, undefined where there is none;
/// and those of all parameters.
template <class Rule>
using ParamState = std::array<at::Tensor, Rule::state_names.size()>;
template <class Rule>
using ParamStates = std::unordered_map<const c10::TensorImpl*, ParamState<Rule>>;
template <class Rule>
using ParamGroups = std::vector<ParamGroup<typename Rule::Options>>;

/// Whether the rule's tensor of this kind counts a parameter's steps; every other has the parameter's shape.
template <class Rule>
constexpr bool is_step_count(std::size_t kind) {
  return Rule::state_names[kind] == "step";
}

/// `{'state': {0: {…}, …}, 'param_groups': [{…, 'params': [0, …]}, …]}`: the groups' options under Python's names, and
/// the tensors of each parameter that has some, which are not copied.
template <class Rule>
Value optimizer_state(const ParamGroups<Rule>& groups, const ParamStates<Rule>& states) {
  Value::Dict state;
  Value::List entries;
  std::int64_t index = 0;
  for (const auto& group : groups) {
    Value::Dict entry;
    Rule::visit_options(group.options, [&entry](const char* name, const auto& option) {
      if constexpr (requires { option.first; }) {
        entry.set(name, Value::Tuple{option.first, option.second});
      } else if constexpr (requires { option.has_value(); }) {
        entry.set(name, option ? Value(*option) : Value());
      } else {
        entry.set(name, option);
      }
    });
    for (const Value::Dict& others : {Rule::python_entries(), group.kept}) {
      for (const auto& [key, value] : others) {
        entry.set(key, value);
      }
    }
    if (group.initial_lr) {
      entry.set("initial_lr", *group.initial_lr);
    }
    Value::List indices;
    for (const at::Tensor& parameter : group.params) {
      Value::Dict tensors;
      if (const auto found = states.find(parameter.unsafeGetTensorImpl()); found != states.end()) {
        for (std::size_t kind = 0; kind < found->second.size(); ++kind) {
          if (found->second[kind].defined()) {
            tensors.set(Rule::state_names[kind], found->second[kind]);
          }
        }
      }
      if (!tensors.empty()) {
        state.set(index, std::move(tensors));
      }
      indices.emplace_back(index++);
    }
    entry.set("params", std::move(indices));
    entries.emplace_back(std::move(entry));
  }
  return Value::Dict{{"state", std::move(state)}, {"param_groups", std::move(entries)}};
}

namespace detail {

/// The number at the place, which Python may have as an integer or as a tensor of one number too.
template <class... Keys>
double read_number(const Value& state, const Keys&... keys) {
  const Value& value = state.at(keys...);
  const auto is_number = [](const at::Tensor& tensor) {
    return tensor.numel() == 1 && (tensor.is_floating_point() || c10::isIntegralType(tensor.scalar_type(), false));
  };
  return value.is<at::Tensor>() && is_number(value.as<at::Tensor>()) ? value.as<at::Tensor>().item().toDouble()
                                                                     : state.as<double>(keys...);
}

/// The boolean at the place, which Python may have as the integer 0 or 1 too: SGD(…, nesterov=1).
template <class... Keys>
bool read_flag(const Value& state, const Keys&... keys) {
  const Value& value = state.at(keys...);
  const bool is_bit = value.is<std::int64_t>() && (value.as<std::int64_t>() == 0 || value.as<std::int64_t>() == 1);
  return is_bit ? value.as<std::int64_t>() == 1 : state.as<bool>(keys...);
}

/// A group's options from a file, checked; its parameters are those of `group`.
template <class Rule>
ParamGroup<typename Rule::Options> read_group(const Value& state, std::size_t index,
                                              const ParamGroup<typename Rule::Options>& group) {
  constexpr const char* groups = "param_groups";
  const Value& entry = state.at(groups, index);
  ParamGroup<typename Rule::Options> read{.params = group.params};
  std::set<core::Key> known{"params", "initial_lr"};
  Rule::visit_options(read.options, [&]<class Option>(const char* name, Option& option) {
    known.insert(name);
    if constexpr (std::same_as<Option, bool>) {
      option = entry.contains(name) && read_flag(state, groups, index, name);  // older files lack some
    } else if constexpr (std::same_as<Option, std::optional<bool>>) {
      option.reset();
      if (entry.contains(name) && !entry[name].template is<Value::None>()) {
        option = read_flag(state, groups, index, name);
      }
    } else if constexpr (std::same_as<Option, double>) {
      option = read_number(state, groups, index, name);
    } else {
      option = {read_number(state, groups, index, name, 0), read_number(state, groups, index, name, 1)};
    }
  });
  if (entry.contains("initial_lr")) {
    read.initial_lr = read_number(state, groups, index, "initial_lr");
  }
  auto checked = read.options;
  checked.lr = std::abs(checked.lr);  // a schedule that ends at 0 may end a rounding below it
  Rule::check_options(checked);
  for (const auto& [key, value] : entry.template as<Value::Dict>()) {
    if (!known.contains(key)) {
      read.kept.set(key, value);
    }
  }
  return read;
}

/// A copy of one of a parameter's tensors from a file, of the parameter's type, on its device, in its order; a count of
/// steps as 32-bit float on the CPU.
template <class Rule>
at::Tensor read_tensor(const Value& state, const core::Key& parameter_key, std::size_t kind,
                       const at::Tensor& parameter) {
  const std::string name(Rule::state_names[kind]);
  const std::string way = core::join_keys(core::join_keys("state", parameter_key), name);
  if (is_step_count<Rule>(kind)) {
    const double count = read_number(state, "state", parameter_key, name);
    core::require(count >= 0, "{} is {}", way, count);
    return at::scalar_tensor(count, at::kFloat);
  }
  const auto& tensor = state.as<at::Tensor>("state", parameter_key, name);
  core::require(tensor.sizes() == parameter.sizes() && tensor.layout() == at::kStrided &&
                    (tensor.is_complex() ? parameter.is_complex() : tensor.is_floating_point()),
                "{} is {} of the type {}, but the parameter has the sizes [{}] and the type {}", way,
                state.at("state", parameter_key, name).kind(), c10::toString(tensor.scalar_type()),
                fmt::join(parameter.sizes(), ", "), c10::toString(parameter.scalar_type()));
  return at::empty_like(parameter, parameter.options().requires_grad(false)).copy_(tensor);
}

/// The tensors of one parameter: all that its options call for, or none.
template <class Rule>
ParamState<Rule> read_param_state(const Value& state, const core::Key& key, const at::Tensor& parameter,
                                  const typename Rule::Options& options) {
  constexpr const auto& names = Rule::state_names;
  const std::string way = core::join_keys("state", key);
  ParamState<Rule> read;
  for (const auto& [name, value] : state.as<Value::Dict>("state", key)) {
    const auto* const text = name.text();
    const auto found = text != nullptr ? std::find(names.begin(), names.end(), *text) : names.end();
    core::require(found != names.end(), "{} has {}, which this optimizer does not keep: was it written by another?",
                  way, to_string(name));
    if (!value.template is<Value::None>()) {
      const auto kind = static_cast<std::size_t>(found - names.begin());
      read[kind] = read_tensor<Rule>(state, key, kind, parameter);
    }
  }
  const bool has_some =
      std::any_of(read.begin(), read.end(), [](const at::Tensor& tensor) { return tensor.defined(); });
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    core::require(!has_some || read[kind].defined() || !Rule::uses(kind, options), "{} has no {}", way, names[kind]);
  }
  return read;
}

}  // namespace detail

/// What `optimizer_state` or Python's Optimizer.state_dict gave, for the parameters of these groups: the new groups and
/// the copied tensors. Throws Error when groups, their parameters' numbers, shapes or names differ, or an option is
/// missing or out of range.
template <class Rule>
std::pair<ParamGroups<Rule>, ParamStates<Rule>> read_optimizer_state(const Value& state,
                                                                     const ParamGroups<Rule>& groups) {
  const Value::List& entries = state["param_groups"].items();
  core::require(entries.size() == groups.size(), "it has {} parameter groups, but the optimizer has {}", entries.size(),
                groups.size());
  struct Place {
    at::Tensor parameter;
    std::size_t group;
  };
  std::map<core::Key, Place> places;
  ParamGroups<Rule> read_groups;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const Value::List& indices = state.at("param_groups", group, "params").items();
    const auto& params = groups[group].params;
    core::require(indices.size() == params.size(),
                  "its parameter group {} has {} parameters, but the optimizer's has {}", group, indices.size(),
                  params.size());
    for (std::size_t i = 0; i < params.size(); ++i) {
      const Value& index = indices[i];
      const core::Key key =
          index.is<std::string>() ? core::Key(index.as<std::string>()) : core::Key(index.as<std::int64_t>());
      core::require(places.emplace(key, Place{params[i], group}).second, "it has the parameter {} twice",
                    to_string(key));
    }
    read_groups.push_back(detail::read_group<Rule>(state, group, groups[group]));
  }
  ParamStates<Rule> states;
  for (const auto& [key, value] : state.as<Value::Dict>("state")) {
    const auto found = places.find(key);
    core::require(found != places.end(), "it has a state of the parameter {}, which is in no group", to_string(key));
    const auto& [parameter, group] = found->second;
    states[parameter.unsafeGetTensorImpl()] =
        detail::read_param_state<Rule>(state, key, parameter, read_groups[group].options);
  }
  return {std::move(read_groups), std::move(states)};
}

}  // namespace hearth::optim
