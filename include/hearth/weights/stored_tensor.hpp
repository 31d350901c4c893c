/// A tensor as a weights file describes it: a name, a type and a strided window on bytes of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/dtype.hpp>

namespace hearth::weights {

/// One tensor, described in place: nothing of it is read or copied yet. `storage` is whole; several tensors may share
/// it.
struct StoredTensor {
  static constexpr std::size_t max_rank = 64;

  std::string name;
  const Dtype* dtype = nullptr;
  std::span<std::byte> storage;
  std::int64_t offset = 0;            ///< of the first element in the storage, in elements
  std::vector<std::int64_t> sizes;    ///< of each dimension
  std::vector<std::int64_t> strides;  ///< of each dimension, in elements
  bool conjugate = false;             ///< torch.conj's bit: the values are the conjugates of the stored ones
  bool negative = false;              ///< the bit of torch._neg_view
};

/// Throws Error naming the tensor unless its description is sound and every element lies inside its storage.
inline void check_bounds(const StoredTensor& tensor) {
  const std::string& name = tensor.name;
  core::require(tensor.sizes.size() == tensor.strides.size(), "the tensor {} has {} sizes but {} strides", name,
                tensor.sizes.size(), tensor.strides.size());
  core::require(tensor.sizes.size() <= StoredTensor::max_rank, "the tensor {} has {} dimensions, more than {}", name,
                tensor.sizes.size(), StoredTensor::max_rank);
  core::require(tensor.offset >= 0, "the tensor {} begins before its storage, at {}", name, tensor.offset);
  bool too_large = false;
  bool empty = false;
  auto bytes = static_cast<std::int64_t>(tensor.dtype->bytes);
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    const std::int64_t size = tensor.sizes[i];
    const std::int64_t stride = tensor.strides[i];
    core::require(size >= 0 && stride >= 0, "the tensor {} has the size {} and the stride {} in dimension {}, below 0",
                  name, size, stride, i);
    empty = empty || size == 0;
    std::int64_t step = 0;
    too_large = __builtin_mul_overflow(bytes, size > 0 ? size : 1, &bytes) || too_large;
    too_large = __builtin_mul_overflow(size > 0 ? size - 1 : 0, stride, &step) || too_large;
    too_large = __builtin_add_overflow(last, step, &last) || too_large;
  }
  core::require(!too_large, "the tensor {} is larger than any memory", name);
  const std::size_t held = tensor.storage.size() / tensor.dtype->bytes;
  core::require(empty || static_cast<std::size_t>(last) < held,
                "the tensor {} reaches to element {} of a storage that is too small: it holds {}", name, last, held);
}

}  // namespace hearth::weights
