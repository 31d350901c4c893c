/// The scale that keeps small gradients of 16-bit floats from vanishing.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth::optim {

/// The options of torch.amp.GradScaler.
struct GradScalerOptions {
  double init_scale = 65536;            ///< the scale to begin with
  double growth_factor = 2;             ///< the scale is multiplied by it after growth_interval steps
  double backoff_factor = 0.5;          ///< the scale is multiplied by it when a gradient is not finite
  std::int64_t growth_interval = 2000;  ///< steps in a row whose gradients are finite
};

/// torch.amp.GradScaler: the loss is multiplied by a scale before backward(), and the gradients are divided by it
/// before the step. Where one of them is not finite, the step is to be skipped, and the scale falls; it grows again
/// after `growth_interval` steps without. (Micikevicius et al., "Mixed precision training", 2018.)
///
///     scaler.scale(loss).backward();
///     scaler.unscale(model->parameters());  // clip here
///     if (!scaler.found_inf()) {
///       optimizer.step();
///     }
///     scaler.update();
class GradScaler {
 public:
  /// Throws Error unless init_scale is above 0, growth_factor above 1, backoff_factor between 0 and 1, and
  /// growth_interval at least 1.
  explicit GradScaler(GradScalerOptions options = {});
  GradScaler(const GradScaler&) = delete;  // both would hold the same tensors
  GradScaler& operator=(const GradScaler&) = delete;
  GradScaler(GradScaler&&) = default;
  GradScaler& operator=(GradScaler&&) = default;

  /// The loss times the scale. The scale lives on the device of the first loss.
  at::Tensor scale(const at::Tensor& loss);

  /// Divides the parameters' gradients by the scale, in place, and notes on their devices whether one was not finite.
  /// Nothing waits for a device. Throws Error when no loss was scaled before, when called twice without `update()`
  /// between, or when a gradient is itself of 16-bit float: parameters must be of 32 bits.
  void unscale(std::span<const at::Tensor> parameters);

  /// Whether the last `unscale` met a gradient that was not finite. Waits for the device.
  bool found_inf() const;

  /// Lets the scale fall or grow by what `unscale` found, without waiting for the device. Throws Error when it has not
  /// been called since the last time.
  void update();

  /// The scale. Waits for the device.
  double scale() const;

  /// Options, scale and the steps since it last changed, in Python's layout. Waits for the device.
  Value state_dict() const;

  /// Takes over a state that `state_dict` or Python's gave. Throws Error naming what is missing or out of range; the
  /// scaler is then as before.
  void load_state_dict(const Value& state);

 private:
  GradScalerOptions options_;
  std::int64_t growth_tracker_ = 0;     ///< until the tensors are there
  at::Tensor scale_tensor_;             ///< 32-bit float, 0-dimensional; undefined before the first loss
  at::Tensor growth_tracker_tensor_;    ///< 32-bit integer
  std::vector<at::Tensor> found_infs_;  ///< one for each device: 1 where a gradient was not finite, else 0
  bool is_unscaled_ = false;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/grad_scaler.ipp>
#endif
