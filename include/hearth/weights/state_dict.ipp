#pragma once

#include <hearth/weights/state_dict.hpp>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE StateDict::StateDict(std::initializer_list<Item> items) {
  for (const Item& item : items) {
    add(item.first, item.second);
  }
}

HEARTH_INLINE StateDict::StateDict(const Value& dict) {
  for (const auto& [key, value] : dict.as<Value::Dict>()) {
    core::require(key.text() != nullptr && value.is<at::Tensor>(),
                  "StateDict: it takes names and tensors, but {} is {}", to_string(key), value.kind());
    add(*key.text(), value.as<at::Tensor>());
  }
}

HEARTH_INLINE StateDict::operator Value() const {
  auto dict = Value::Dict::ordered();
  dict.set_version(version_);
  for (const auto& [name, tensor] : items_) {
    core::require(tensor.defined(), "StateDict: the tensor {} is undefined", name);
    dict.set(name, tensor);
  }
  return dict;
}

HEARTH_INLINE void StateDict::add(std::string name, at::Tensor value) {
  core::require(places_.emplace(name, items_.size()).second, "StateDict: the name {} is there already", name);
  items_.emplace_back(std::move(name), std::move(value));
}

HEARTH_INLINE const at::Tensor* StateDict::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found != places_.end() ? &items_[found->second].second : nullptr;
}

HEARTH_INLINE const at::Tensor& StateDict::at(std::string_view name) const {
  const at::Tensor* const value = find(name);
  core::require(value != nullptr, "StateDict: there is no {} among the {} names", name, items_.size());
  return *value;
}

}  // namespace hearth
