/// Where a model and its batches live: a device and a memory format.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>

#include <hearth/core/device.hpp>

namespace hearth {

/// Device and memory format of a model's parameters and of the batches it is given.
struct Placement {
  at::Device device = default_device();
  bool channels_last = false;  ///< four-dimensional tensors as [N, H, W, C] in memory; shapes stay [N, C, H, W]

  /// Moves the module's parameters and buffers, in place: optimizers that hold them go on holding them.
  void place(torch::nn::Module& module) const {
    module.to(device);
    if (channels_last) {
      for (at::Tensor& parameter : module.parameters()) {
        if (parameter.dim() == 4) {
          parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
        }
      }
    }
  }

  /// The batch's inputs on the device, in the memory format; no copy where they are so already. From pinned memory
  /// the copy runs beside the computation.
  at::Tensor inputs(const at::Tensor& tensor) const {
    const bool pictures = channels_last && tensor.dim() == 4;
    return tensor.to(tensor.options().device(device), /*non_blocking=*/tensor.is_pinned(), /*copy=*/false,
                     pictures ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Preserve);
  }

  /// The batch's targets on the device.
  at::Tensor targets(const at::Tensor& tensor) const {
    return tensor.to(tensor.options().device(device), /*non_blocking=*/tensor.is_pinned());
  }
};

}  // namespace hearth
