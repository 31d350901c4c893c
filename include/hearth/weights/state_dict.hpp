/// Weights by name, in an order: what Python calls a state_dict.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth {

/// Names and tensors in the order in which they were added; every name once. The tensors are shared, not copied.
class StateDict {
 public:
  using Item = std::pair<std::string, at::Tensor>;  ///< a name and its tensor

  StateDict() = default;
  StateDict(std::initializer_list<Item> items);

  /// The names and tensors of a dict, as in a checkpoint. Throws Error when the value is none, or has anything else.
  explicit StateDict(const Value& dict);

  /// A dict for a checkpoint, which Python reads as the collections.OrderedDict that its own state_dicts are:
  /// `Value::Dict{{"model", state_dict(*model)}, {"epoch", 3}}`. Throws Error when a tensor is undefined.
  operator Value() const;

  /// Appends an item. Throws Error when the name is there already.
  void add(std::string name, at::Tensor value);

  /// The tensor of that name, or null.
  const at::Tensor* find(std::string_view name) const;

  /// The tensor of that name. Throws Error when there is none.
  const at::Tensor& at(std::string_view name) const;

  /// The version of the module whose weights these are, 1 unless set: Python's modules have a new one when the names or
  /// sizes of their weights change, and some, as torchvision's MNASNet, refuse files without it.
  std::int64_t version() const noexcept { return version_; }
  void set_version(std::int64_t version) noexcept { version_ = version; }

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }

 private:
  std::vector<Item> items_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::int64_t version_ = 1;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/state_dict.ipp>
#endif
