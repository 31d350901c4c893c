/// Where a model and its batches live: a device and a memory format.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <hearth/core/device.hpp>
#include <hearth/core/inline.hpp>

namespace hearth {

struct Batch;

/// Device and memory format of a model's parameters and of the batches it is given.
struct Placement {
  at::Device device = default_device();  ///< where model and batches lie
  bool channels_last = false;  ///< four-dimensional tensors as [N, H, W, C] in memory; shapes stay [N, C, H, W]

  /// Moves the module's parameters and buffers, in place: optimizers that hold them go on holding them. Throws Error
  /// when the device is not there.
  void place(torch::nn::Module& module) const;

  /// The batch's inputs on the device, in the memory format; no copy where they are so already. From pinned memory
  /// the copy runs beside the computation.
  at::Tensor inputs(const at::Tensor& tensor) const;

  /// The inputs of a batch, likewise. Where they are bytes with `Batch::normalization`, it is bytes that are copied,
  /// and the device makes of them the floats that they stand for: byte * scale[c] + shift[c] in channel c. Throws Error
  /// when they have another number of channels.
  at::Tensor inputs(const Batch& batch) const;

  /// The batch's targets on the device.
  at::Tensor targets(const at::Tensor& tensor) const;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/placement.ipp>
#endif
