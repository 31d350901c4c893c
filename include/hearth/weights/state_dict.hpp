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

  /// Appends an item. Throws Error when the name is there already.
  void add(std::string name, at::Tensor value) {
    require(places_.emplace(name, items_.size()).second, "StateDict: the name {} is there already", name);
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
    require(value != nullptr, "StateDict: there is no {} among the {} names", name, items_.size());
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
