#pragma once

#include <hearth/metrics/mean_error.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/scalar_tensor.h>

#include <string_view>

#include <hearth/losses/pair.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

namespace metrics {

/// The differences between outputs and targets, in the type in which their device adds up.
HEARTH_INLINE at::Tensor differences(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets) {
  const losses::Pair pair = losses::pair(metric, outputs, targets);
  const at::ScalarType type = sum_type(outputs);
  return pair.outputs.to(type).sub(pair.targets.to(outputs.device()).to(type));
}

}  // namespace metrics

HEARTH_INLINE void MeanAbsoluteError::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const at::Tensor difference = metrics::differences("MeanAbsoluteError", outputs, targets);
  mean_.add_sum(difference.abs().sum(), at::scalar_tensor(difference.numel(), at::kLong));
}

HEARTH_INLINE void MeanSquaredError::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const at::Tensor difference = metrics::differences("MeanSquaredError", outputs, targets);
  mean_.add_sum(difference.square().sum(), at::scalar_tensor(difference.numel(), at::kLong));
}

}  // namespace hearth
