#pragma once

#include <hearth/train/copy_ahead.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstddef>

namespace hearth::train {

namespace detail {

HEARTH_INLINE at::Tensor room_for(const at::Tensor& tensor, at::Device device, at::MemoryFormat format) {
  return at::empty_like(tensor, tensor.options().device(device).pinned_memory(false),
                        tensor.dim() == 4 ? format : at::MemoryFormat::Preserve);
}

HEARTH_INLINE bool has_room_for(const at::Tensor& room, const at::Tensor& tensor) {
  return room.sizes() == tensor.sizes() && room.scalar_type() == tensor.scalar_type();
}

}  // namespace detail

HEARTH_INLINE CopyAhead::CopyAhead(at::Device device)
    : device_(device),
      stream_(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device)),
      is_set_aside_(device.type()),
      is_copied_(device.type()) {}

HEARTH_INLINE std::vector<at::Tensor> CopyAhead::copy(const std::vector<at::Tensor>& tensors, at::MemoryFormat format) {
  const at::NoGradGuard no_grad;
  const c10::Stream computing = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  bool fits = set_aside_.size() == tensors.size();
  for (std::size_t i = 0; fits && i < tensors.size(); ++i) {
    fits = detail::has_room_for(set_aside_[i], tensors[i]);
  }
  const auto set_aside = [&] {
    set_aside_.clear();
    for (const at::Tensor& tensor : tensors) {
      set_aside_.push_back(detail::room_for(tensor, device_, format));
    }
    is_set_aside_.record(computing);
  };
  if (!fits) {
    set_aside();  // this copy waits for all that the device has to compute
  }
  const std::vector<at::Tensor> copies = std::move(set_aside_);
  {
    const c10::StreamGuard copying(stream_);
    is_set_aside_.block(stream_);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      copies[i].copy_(tensors[i], /*non_blocking=*/true);
    }
    is_copied_.record(stream_);
  }
  is_copied_.block(computing);
  set_aside();  // before the device is given what it computes on these copies
  return copies;
}

}  // namespace hearth::train
