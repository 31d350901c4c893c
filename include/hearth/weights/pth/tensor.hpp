/// A pickled tensor of torch.save as a StoredTensor: its type, sizes and strides, and the bytes of its storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/pickle/value.hpp>
#include <hearth/weights/pth/globals.hpp>
#include <hearth/weights/pth/state_dict.hpp>
#include <hearth/weights/stored_tensor.hpp>

namespace hearth::pth {

/// A storage as a pickle refers to it: ("storage", class, key, location, numel[, view]).
struct StorageReference {
  const weights::Dtype* dtype = nullptr;  ///< null: an UntypedStorage
  std::string_view key;
  std::int64_t numel = 0;
  const pickle::Value* view = nullptr;  ///< (key, offset, numel) in the older format, or None or null

  std::size_t element_size() const noexcept { return dtype != nullptr ? dtype->bytes : 1; }
};

/// Throws Error when the persistent id is not that of a storage.
inline StorageReference storage_reference(const pickle::Value::Persistent& persistent) {
  const auto* const id = persistent.id->as<pickle::Value::Tuple>();
  core::require(id != nullptr && pickle::pickled_item<std::string>(id->items, 0) == "storage",
                "its pickle is damaged: no storage but {}", persistent.id->kind());
  const std::string_view type = pickle::pickled_item<pickle::Value::Global>(id->items, 1).name;
  StorageReference storage;
  storage.dtype = torch_storage(type);
  core::require(storage.dtype != nullptr || type == "torch.storage.UntypedStorage" || type == "torch.UntypedStorage",
                "its storages of the type {} are not understood", type);
  storage.key = pickle::pickled_item<std::string>(id->items, 2);
  storage.numel = pickle::pickled_item<std::int64_t>(id->items, 4);
  storage.view = id->items.size() > 5 ? id->items[5] : nullptr;
  return storage;
}

/// Where the bytes of the storages are, by key.
using StorageBytes = std::map<std::string_view, std::span<std::byte>>;

namespace detail {

/// The numbers of a tuple: sizes or strides.
inline std::vector<std::int64_t> integers(const pickle::Value& value) {
  const auto* const tuple = value.as<pickle::Value::Tuple>();
  core::require(tuple != nullptr && tuple->items.size() <= weights::StoredTensor::max_rank,
                "its pickle is damaged: a tensor's sizes are {}", value.kind());
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < tuple->items.size(); ++i) {
    numbers.push_back(pickle::pickled_item<std::int64_t>(tuple->items, i));
  }
  return numbers;
}

/// The bytes that a storage reference stands for. Throws Error when the file has fewer.
inline std::span<std::byte> bytes_of(const StorageReference& storage, const StorageBytes& storages) {
  const auto found = storages.find(storage.key);
  core::require(found != storages.end(), "its storage {} is missing", storage.key);
  std::span<std::byte> bytes = found->second;
  std::int64_t first = 0;
  std::int64_t count = storage.numel;
  if (storage.view != nullptr && storage.view->as<pickle::Value::None>() == nullptr) {
    const auto* const view = storage.view->as<pickle::Value::Tuple>();
    core::require(view != nullptr, "its pickle is damaged: a storage's view is {}", storage.view->kind());
    first = pickle::pickled_item<std::int64_t>(view->items, 1);
    count = pickle::pickled_item<std::int64_t>(view->items, 2);
  }
  const std::size_t held = bytes.size() / storage.element_size();
  core::require(first >= 0 && count >= 0 && static_cast<std::uint64_t>(first) <= held &&
                    static_cast<std::uint64_t>(count) <= held - static_cast<std::uint64_t>(first),
                "its storage {} is too small: it has {} elements, not {}", storage.key, held, count);
  return bytes.subspan(static_cast<std::size_t>(first) * storage.element_size(),
                       static_cast<std::size_t>(count) * storage.element_size());
}

/// Whether a tensor's metadata, of which there are few, has the bit.
inline bool is_set(const pickle::Value::Dict& metadata, std::string_view bit) {
  core::require(metadata.items.size() <= 16, "its pickle is damaged: a tensor has {} bits of metadata",
                metadata.items.size());
  const pickle::Value* const value = metadata.find(bit);
  const bool* const set = value != nullptr ? value->as<bool>() : nullptr;
  return set != nullptr && *set;
}

/// The call that makes the tensor, under the parameter or subclass that it may be wrapped in, and its arguments.
inline std::pair<std::string_view, const std::vector<const pickle::Value*>*> tensor_call(const pickle::Value& value) {
  const pickle::Value* tensor = &value;
  for (int wraps = 0; wraps < 4; ++wraps) {
    const std::string_view function = called_function(*tensor);
    core::require(!function.empty(), "its pickle is damaged: no tensor but {}", tensor->kind());
    const auto& arguments = tensor->as<pickle::Value::Call>()->arguments->as<pickle::Value::Tuple>()->items;
    if (function.starts_with("torch._utils._rebuild_parameter")) {
      pickle::pickled_item<pickle::Value::Call>(arguments, 0);
      tensor = arguments[0];
    } else if (rebuilds_from_type(function)) {  // (function, type, arguments, state)
      const auto& type = pickle::pickled_item<pickle::Value::Global>(arguments, 1);
      const auto& inner = pickle::pickled_item<pickle::Value::Global>(arguments, 0);
      return {type.is_known ? inner.name : type.name, &pickle::pickled_item<pickle::Value::Tuple>(arguments, 2).items};
    } else {
      return {function, &arguments};
    }
  }
  core::fail("its pickle is damaged: a parameter of a parameter");
}

inline bool makes_dense_tensor(std::string_view function) noexcept {
  return function == "torch._utils._rebuild_tensor_v3" || function == "torch._utils._rebuild_tensor_v2" ||
         function == "torch._utils._rebuild_tensor";
}

}  // namespace detail

/// Whether a pickled tensor is of a kind that is read. Throws Error when it is damaged.
inline bool is_dense_tensor(const pickle::Value& tensor) {
  return detail::makes_dense_tensor(detail::tensor_call(tensor).first);
}

/// The numbers of a torch.Size; nothing when the value is none. Throws Error when it is damaged.
inline std::optional<std::vector<std::int64_t>> torch_size(const pickle::Value& value) {
  if (called_function(value) != "torch.Size") {
    return std::nullopt;
  }
  const auto& arguments = value.as<pickle::Value::Call>()->arguments->as<pickle::Value::Tuple>()->items;
  pickle::pickled_item<pickle::Value::Tuple>(arguments, 0);
  return detail::integers(*arguments[0]);
}

/// The tensor that _rebuild_tensor, _v2 or _v3 of torch/_utils.py would make, checked.
/// Throws Error naming the tensor and what is wrong with it.
inline weights::StoredTensor stored_tensor(const std::string& name, const pickle::Value& value,
                                           const StorageBytes& storages) {
  const auto [function, arguments] = detail::tensor_call(value);
  const bool is_v3 = function == "torch._utils._rebuild_tensor_v3";
  core::require(detail::makes_dense_tensor(function),
                "the tensor {} is of a kind that is not read ({}): only dense tensors are", name, function);
  const StorageReference storage = storage_reference(pickle::pickled_item<pickle::Value::Persistent>(*arguments, 0));
  weights::StoredTensor tensor;
  tensor.name = name;
  tensor.dtype = is_v3 ? torch_dtype(pickle::pickled_item<pickle::Value::Global>(*arguments, 6).name) : storage.dtype;
  core::require(tensor.dtype != nullptr, "the tensor {} has a type that is not understood", name);
  tensor.offset = pickle::pickled_item<std::int64_t>(*arguments, 1);
  core::require(arguments->size() >= 4, "its pickle is damaged: the tensor {} has no sizes", name);
  tensor.sizes = detail::integers(*(*arguments)[2]);
  tensor.strides = detail::integers(*(*arguments)[3]);
  tensor.storage = detail::bytes_of(storage, storages);
  const std::size_t metadata_index = is_v3 ? 7 : 6;
  if (arguments->size() > metadata_index) {
    const auto* const metadata = (*arguments)[metadata_index]->as<pickle::Value::Dict>();
    tensor.conjugate = metadata != nullptr && detail::is_set(*metadata, "conj");
    tensor.negative = metadata != nullptr && detail::is_set(*metadata, "neg");
  }
  weights::check_bounds(tensor);
  return tensor;
}

}  // namespace hearth::pth
