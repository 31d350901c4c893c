/// Finds the state_dict in what torch.save pickled: the whole, or one entry of a checkpoint among others.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/pickle/value.hpp>

namespace hearth::pth {

/// The name of the function that a pickled call names, or "" for any other value.
inline std::string_view called_function(const pickle::Value& value) noexcept {
  const auto* const call = value.as<pickle::Value::Call>();
  const auto* const function = call != nullptr ? call->function->as<pickle::Value::Global>() : nullptr;
  return function != nullptr ? std::string_view(function->name) : std::string_view();
}

/// Whether the function makes a tensor of a subclass: its arguments are (function, type, arguments, state).
inline bool rebuilds_from_type(std::string_view function) noexcept {
  return function == "torch._tensor._rebuild_from_type_v2" || function == "torch.tensor._rebuild_from_type_v2";
}

/// Whether the value is a tensor of any kind: a call of one of torch's rebuild functions.
inline bool is_pickled_tensor(const pickle::Value& value) noexcept {
  const std::string_view function = called_function(value);
  return function.starts_with("torch._utils._rebuild_") || rebuilds_from_type(function);
}

namespace detail {

/// For sentences: what the value is, tensors by that name.
inline std::string pickled_kind(const pickle::Value& value) {
  return is_pickled_tensor(value)    ? "a tensor"
         : value.is_unknown_object() ? value.kind() + ", of which nothing is run"
                                     : value.kind();
}

/// For sentences: a key of a dict.
inline std::string pickled_key(const pickle::Value& key) {
  const auto* const text = key.as<std::string>();
  const auto* const number = key.as<std::int64_t>();
  return text != nullptr ? text->substr(0, 64) : number != nullptr ? fmt::to_string(*number) : key.kind();
}

/// The dict, when it is a state_dict: names for tensors, and at least one.
inline const pickle::Value::Dict* as_state_dict(const pickle::Value& value) {
  const auto* const dict = value.as<pickle::Value::Dict>();
  if (dict == nullptr || dict->items.empty()) {
    return nullptr;
  }
  for (const auto& [key, item] : dict->items) {
    if (key->as<std::string>() == nullptr || !is_pickled_tensor(*item)) {
      return nullptr;
    }
  }
  return dict;
}

/// "'epoch' (an integer), 'args' (a dict)", of the first few entries.
inline std::string list_entries(const pickle::Value::Dict& dict) {
  constexpr std::size_t most = 8;
  std::string list;
  for (std::size_t i = 0; i < dict.items.size() && i < most; ++i) {
    const auto& [key, value] = dict.items[i];
    list += fmt::format("{}'{}' ({})", i > 0 ? ", " : "", pickled_key(*key), pickled_kind(*value));
  }
  return list + (dict.items.size() > most ? ", …" : "");
}

}  // namespace detail

/// The state_dict at `key`, a path of keys joined by '/', in `root`. When `key` is empty: `root` itself, when it is
/// one; else its entry "state_dict", "model_state_dict", "model", "net" or "weights", the first that is one; else the
/// only entry that is one. Throws Error listing what is there when none or several qualify.
inline const pickle::Value::Dict& find_state_dict(const pickle::Value& root, std::string_view key) {
  const auto* const top = root.as<pickle::Value::Dict>();
  core::require(top != nullptr, "it holds {}, not a state_dict{}", detail::pickled_kind(root),
                root.is_unknown_object() ? ": save the state_dict alone: torch.save(model.state_dict(), path)" : "");
  if (!key.empty()) {
    const pickle::Value* value = &root;
    for (std::string_view rest = key; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      const auto* const dict = value->as<pickle::Value::Dict>();
      const pickle::Value* const next = dict != nullptr ? dict->find(name) : nullptr;
      core::require(next != nullptr, "it has no entry '{}' on the path '{}'; it holds {}", name, key,
                    dict != nullptr ? detail::list_entries(*dict) : detail::pickled_kind(*value));
      value = next;
    }
    const pickle::Value::Dict* const found = detail::as_state_dict(*value);
    core::require(found != nullptr, "its entry '{}' is no state_dict but {}", key, detail::pickled_kind(*value));
    return *found;
  }

  if (top->items.empty()) {
    return *top;
  }
  if (const pickle::Value::Dict* const whole = detail::as_state_dict(root)) {
    return *whole;
  }
  for (const std::string_view name : {"state_dict", "model_state_dict", "model", "net", "weights"}) {
    const pickle::Value* const value = top->find(name);
    if (const pickle::Value::Dict* const found = value != nullptr ? detail::as_state_dict(*value) : nullptr) {
      return *found;
    }
  }
  std::vector<const pickle::Value::Dict*> candidates;
  std::set<const pickle::Value*> seen;
  for (const auto& [name, value] : top->items) {
    const pickle::Value::Dict* const found = seen.insert(value).second ? detail::as_state_dict(*value) : nullptr;
    if (found != nullptr) {
      candidates.push_back(found);
    }
  }
  core::require(!candidates.empty(), "it holds no state_dict; its entries are {}", detail::list_entries(*top));
  core::require(candidates.size() == 1, "it holds {} state_dicts; say which one by its key; its entries are {}",
                candidates.size(), detail::list_entries(*top));
  return *candidates.front();
}

}  // namespace hearth::pth
