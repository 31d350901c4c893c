/// Copies of batches to a device that run while it computes on the batch before.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// Copies tensors to a device on a stream of its own, whose work runs beside that of the stream in which the device
/// computes. A copy may begin as soon as the device has begun with what was copied before: memory for it was set aside
/// by then. So there is memory for one batch more than without, whoever is ahead. What is given is ordered with the
/// computation as if the computation's own stream had copied it, and its memory, which is taken in that stream, too, is
/// free to be used again as any other's.
class CopyAhead {
 public:
  /// A device that has streams and events: CUDA.
  explicit CopyAhead(at::Device device);

  /// Copies of the tensors, which lie in pinned memory. `format` of those that have four dimensions.
  std::vector<at::Tensor> copy(const std::vector<at::Tensor>& tensors,
                               at::MemoryFormat format = at::MemoryFormat::Preserve);

 private:
  at::Device device_;
  c10::Stream stream_;  // of the copies
  std::vector<at::Tensor> set_aside_;
  c10::Event is_set_aside_;  // what the device computed before, on the same memory, is done
  c10::Event is_copied_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/copy_ahead.ipp>
#endif
