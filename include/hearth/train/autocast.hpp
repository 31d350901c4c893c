/// LibTorch's autocast for as long as a scope lasts.
#pragma once

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

#include <optional>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// While it lives, the operations of this thread on tensors of the device run under autocast: matrix products and
/// convolutions in the type given, what needs more precision (losses, norms) in 32-bit float. The state of before comes
/// back at the scope's end, however it ends; the outermost scope's end drops the weights that were converted. Without a
/// type it does nothing, not even end an autocast that is on. Python: torch.autocast.
///
///     const train::Autocast autocast{at::kCPU, at::kBFloat16};
///     const at::Tensor logits = model->forward(images);  // backward() belongs outside of the scope
class Autocast {
 public:
  /// Throws Error unless the type is at::kBFloat16 or at::kHalf, on a device that knows autocast.
  Autocast(c10::DeviceType device, std::optional<c10::ScalarType> type);
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast() {
    if (is_on_) {
      restore();
    }
  }

 private:
  void restore() noexcept;

  c10::DeviceType device_;
  bool is_on_;
  bool was_enabled_ = false;
  c10::ScalarType former_type_ = c10::ScalarType::Undefined;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/autocast.ipp>
#endif
