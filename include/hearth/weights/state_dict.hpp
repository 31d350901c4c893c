/// Weights by name, in an order: what Python calls a state_dict.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>

namespace hearth {

/// Names and tensors in the order in which they were added; every name once. The tensors are shared, not copied.
class StateDict {
 public:
  using Item = std::pair<std::string, at::Tensor>;

  StateDict() = default;
  StateDict(std::initializer_list<Item> items) {
    for (const Item& item : items) {
      add(item.first, item.second);
    }
  }

  /// The names and tensors of a dict, as in a checkpoint. Throws Error when the value is none, or has anything else.
  explicit StateDict(const Value& dict) {
    for (const auto& [key, value] : dict.as<Value::Dict>()) {
      core::require(key.text() != nullptr && value.is<at::Tensor>(),
                    "StateDict: it takes names and tensors, but {} is {}", to_string(key), value.kind());
      add(*key.text(), value.as<at::Tensor>());
    }
  }

  /// A dict for a checkpoint, which Python reads as the collections.OrderedDict that its own state_dicts are:
  /// `Value::Dict{{"model", state_dict(*model)}, {"epoch", 3}}`. Throws Error when a tensor is undefined.
  operator Value() const {
    auto dict = Value::Dict::ordered();
    for (const auto& [name, tensor] : items_) {
      core::require(tensor.defined(), "StateDict: the tensor {} is undefined", name);
      dict.set(name, tensor);
    }
    return dict;
  }

  /// Appends an item. Throws Error when the name is there already.
  void add(std::string name, at::Tensor value) {
    core::require(places_.emplace(name, items_.size()).second, "StateDict: the name {} is there already", name);
    items_.emplace_back(std::move(name), std::move(value));
  }

  /// The tensor of that name, or null.
  const at::Tensor* find(std::string_view name) const {
    const auto found = places_.find(name);
    return found != places_.end() ? &items_[found->second].second : nullptr;
  }

  /// The tensor of that name. Throws Error when there is none.
  const at::Tensor& at(std::string_view name) const {
    const at::Tensor* const value = find(name);
    core::require(value != nullptr, "StateDict: there is no {} among the {} names", name, items_.size());
    return *value;
  }

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }

 private:
  std::vector<Item> items_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace hearth
