#pragma once

#include <hearth/metrics/inputs.hpp>

#include <fmt/ranges.h>

#include <hearth/core/error.hpp>

namespace hearth::metrics {

HEARTH_INLINE at::Tensor in_float(const at::Tensor& outputs) {
  const at::ScalarType type = outputs.scalar_type();
  return type == at::kHalf || type == at::kBFloat16 ? outputs.to(at::kFloat) : outputs;
}

HEARTH_INLINE at::ScalarType sum_type(const at::Tensor& tensor) {
  return tensor.device().type() == at::kMPS ? at::kFloat : at::kDouble;
}

HEARTH_INLINE void check_classes(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets) {
  const bool labels = targets.dim() == 1 && !targets.is_floating_point();
  const bool probabilities = targets.is_floating_point() && targets.sizes() == outputs.sizes();
  core::require(outputs.dim() == 2 && (labels || probabilities) && outputs.size(0) == targets.size(0),
                "{}: expected outputs [N, C] and targets that are labels [N] or class probabilities [N, C], but got "
                "outputs [{}] and targets [{}] of the type {}",
                metric, fmt::join(outputs.sizes(), ", "), fmt::join(targets.sizes(), ", "),
                c10::toString(targets.scalar_type()));
}

HEARTH_INLINE at::Tensor labels(const at::Tensor& outputs, const at::Tensor& targets) {
  return (targets.dim() == 2 ? targets.argmax(1) : targets).to(outputs.device());
}

}  // namespace hearth::metrics
