#pragma once

#include <hearth/metrics/inputs.hpp>

#include <fmt/ranges.h>

#include <hearth/core/error.hpp>
#include <hearth/losses/check_targets.hpp>

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

HEARTH_INLINE Labels counted_labels(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets,
                                    std::int64_t ignore_index) {
  check_classes(metric, outputs, targets);
  if (targets.dim() == 1 && targets.is_cpu()) {
    losses::check_targets(targets.to(at::kLong), outputs.size(1), ignore_index);
  }
  const at::Tensor label = labels(outputs, targets).to(at::kLong);
  const at::Tensor counted = label.ne(ignore_index);
  return {label, counted, label.ge(0).logical_and(label.lt(outputs.size(1))).logical_and(counted)};
}

HEARTH_INLINE void check_counted(std::string_view metric, double count, std::string_view what) {
  core::require(count == 0, "{}: {} {}", metric, count, what);
}

}  // namespace hearth::metrics
