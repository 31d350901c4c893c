/// Tensors on the bytes of a mapped file.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/_neg_view.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/stored_tensor.hpp>

namespace hearth::weights {

/// Makes the tensors that a file describes. They lie on the file's own pages, keep it mapped, and share memory where
/// they share a storage; bytes that do not lie as their type needs are copied.
class MappedTensors {
 public:
  explicit MappedTensors(std::shared_ptr<core::MappedFile> file) : file_(std::move(file)) {}

  std::span<std::byte> bytes() const { return file_->bytes(); }

  /// Throws Error when the tensor has a bit that its type cannot have, or when so many storages of the file overlap
  /// that copies of them would be much more than the file.
  at::Tensor make(const StoredTensor& stored) {
    auto& storage = storages_[{stored.storage.data(), stored.storage.size(), stored.dtype->bytes}];
    if (!storage) {
      storage = make_storage(stored.storage, stored.dtype->bytes);
    }
    at::Tensor tensor = at::empty({0}, scalar_type(*stored.dtype));
    tensor.set_(storage, stored.offset, stored.sizes, stored.strides);
    if (stored.conjugate) {
      tensor = tensor.conj();
    }
    if (stored.negative) {
      core::require(tensor.is_floating_point() || tensor.is_complex(),
                    "the tensor {} has the neg bit but is of the type {}", stored.name, stored.dtype->name);
      tensor = at::_neg_view(tensor);
    }
    return tensor;
  }

 private:
  c10::Storage make_storage(std::span<std::byte> bytes, std::size_t element_size) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % element_size != 0) {
      copied_ += bytes.size();
      core::require(copied_ / 4 <= file_->bytes().size(),
                    "its storages overlap: together they are more than 4 times the file");
      c10::DataPtr copy = c10::GetCPUAllocator()->allocate(bytes.size());
      std::memcpy(copy.get(), bytes.data(), bytes.size());
      return {c10::Storage::use_byte_size_t(), bytes.size(), std::move(copy)};
    }
    auto owner = std::make_unique<std::shared_ptr<core::MappedFile>>(file_);
    c10::DataPtr view(
        bytes.data(), owner.get(), [](void* kept) { delete static_cast<std::shared_ptr<core::MappedFile>*>(kept); },
        c10::Device(c10::DeviceType::CPU));
    static_cast<void>(owner.release());
    return {c10::Storage::use_byte_size_t(), bytes.size(), std::move(view)};
  }

  std::shared_ptr<core::MappedFile> file_;
  std::size_t copied_ = 0;  // bytes, of all storages that are copies
  std::map<std::tuple<const std::byte*, std::size_t, std::size_t>, c10::Storage> storages_;
};

}  // namespace hearth::weights
