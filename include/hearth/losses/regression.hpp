/// The losses for targets that are numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>

namespace hearth {

// Each takes outputs and targets of one shape, or outputs [N, 1] and targets [N], and gives the mean over all numbers.
// Each throws Error on other shapes: nothing is broadcast. Outputs of half precision are taken to float first, and
// targets to the type of the outputs.

/// torch.nn.MSELoss: the mean of the squared differences.
class MSELoss {
 public:
  at::Tensor operator()(const at::Tensor& outputs, const at::Tensor& targets) const;
};

/// torch.nn.L1Loss: the mean of the absolute differences.
class L1Loss {
 public:
  at::Tensor operator()(const at::Tensor& outputs, const at::Tensor& targets) const;
};

/// The options of torch.nn.HuberLoss.
struct HuberLossOptions {
  double delta = 1;  ///< the difference at which the loss turns from quadratic to linear; above 0
};

/// torch.nn.HuberLoss: half the squared difference up to delta, delta * (difference - delta / 2) above.
///
///     HuberLoss loss{{.delta = 2}};
class HuberLoss {
 public:
  /// Throws Error when delta is not above 0.
  HuberLoss(HuberLossOptions options = {});

  at::Tensor operator()(const at::Tensor& outputs, const at::Tensor& targets) const;

 private:
  HuberLossOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/losses/regression.ipp>
#endif
