#pragma once

#include <hearth/train/placement.hpp>

#include <c10/util/Exception.h>

#include <string>

#include <hearth/core/error.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/train/normalized.hpp>

namespace hearth {

HEARTH_INLINE void Placement::place(torch::nn::Module& module) const {
  if (device.is_cuda() || device.is_mps()) {
    static_cast<void>(parse_device(device.is_mps() ? "mps" : device.str()));  // throws when there is none
  }
  try {
    module.to(device);
  } catch (const c10::Error& error) {
    const std::string reason = error.what_without_backtrace();
    core::fail("the model cannot be moved to the device {}: {}", device.str(), reason.substr(0, reason.find('\n')));
  }
  if (channels_last) {
    for (at::Tensor& parameter : module.parameters()) {
      if (parameter.dim() == 4) {
        parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
      }
    }
  }
}

HEARTH_INLINE at::Tensor Placement::inputs(const at::Tensor& tensor) const {
  const bool images = channels_last && tensor.dim() == 4;
  if (tensor.device() == device && (!images || tensor.is_contiguous(at::MemoryFormat::ChannelsLast))) {
    return tensor;
  }
  return tensor.to(tensor.options().device(device), /*non_blocking=*/tensor.is_pinned(), /*copy=*/false,
                   images ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Preserve);
}

HEARTH_INLINE at::Tensor Placement::inputs(const Batch& batch) const {
  const at::Tensor placed = inputs(batch.inputs);
  return batch.normalization == nullptr ? placed : train::normalized(placed, *batch.normalization);
}

HEARTH_INLINE at::Tensor Placement::targets(const at::Tensor& tensor) const {
  if (tensor.device() == device) {
    return tensor;
  }
  return tensor.to(tensor.options().device(device), /*non_blocking=*/tensor.is_pinned());
}

}  // namespace hearth
