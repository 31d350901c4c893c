/// A tensor whose memory is used again when nobody else holds it.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/TensorImpl.h>
#include <c10/core/UndefinedTensorImpl.h>
#include <c10/util/SmallVector.h>

#include <cstdint>
#include <utility>

namespace hearth::data {

namespace detail {

/// Tensors made in its scope are plain ones, whatever mode of autograd the thread is in, for they outlive that mode.
class PlainTensors {
  c10::InferenceMode normal_{false};
  at::AutoDispatchBelowADInplaceOrView untracked_;
};

}  // namespace detail

/// Memory on the CPU for one tensor after the other. It is the same memory as long as nobody has kept the tensor
/// before, a view of it or its storage, and the next one is of the same kind.
class ReusableTensor {
 public:
  /// Makes a tensor, whose numbers are not set. Throws what LibTorch throws when there is no memory.
  void reserve(c10::IntArrayRef sizes, at::ScalarType type, bool pin,
               at::MemoryFormat format = at::MemoryFormat::Contiguous) {
    if (is_free() && tensor_.scalar_type() == type && tensor_.sizes() == sizes && tensor_.is_contiguous(format)) {
      return;
    }
    tensor_.reset();
    const detail::PlainTensors plain;
    tensor_ = at::empty(sizes, at::TensorOptions(type).pinned_memory(pin).memory_format(format));
  }

  /// The first of its numbers.
  void* data() const { return tensor_.mutable_data_ptr(); }

  /// A view of its first `count` rows: what narrow(0, 0, count) gives, but made by hand, for that takes longer than all
  /// else that is done for a small batch.
  at::Tensor first(std::int64_t count) const {
    auto view = c10::make_intrusive<c10::TensorImpl, c10::UndefinedTensorImpl>(
        c10::TensorImpl::VIEW, c10::Storage(tensor_.storage()), tensor_.key_set(), tensor_.dtype());
    c10::SmallVector<std::int64_t, 8> sizes(tensor_.sizes().begin(), tensor_.sizes().end());
    sizes[0] = count;
    view->set_sizes_and_strides(sizes, tensor_.strides());
    return at::Tensor(std::move(view));
  }

  /// Lets go of the memory.
  void release() noexcept { tensor_.reset(); }

 private:
  bool is_free() const { return tensor_.defined() && tensor_.use_count() == 1 && tensor_.storage().use_count() == 1; }

  at::Tensor tensor_;
};

}  // namespace hearth::data
