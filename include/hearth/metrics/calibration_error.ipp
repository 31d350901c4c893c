#pragma once

#include <hearth/metrics/calibration_error.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

namespace metrics {

inline constexpr double confidence_unit = 1.0 / (1 << 24);

}  // namespace metrics

HEARTH_INLINE CalibrationError::CalibrationError(CalibrationErrorOptions options) : options_(options) {
  core::require(options_.bins >= 1, "CalibrationError: bins must be at least 1, but got {}", options_.bins);
  reset();
}

HEARTH_INLINE void CalibrationError::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  at::Tensor confidence;  // [N], as the two below
  at::Tensor right;
  at::Tensor counted;
  at::Tensor valid;
  if (outputs.dim() == 1 || (outputs.dim() == 2 && outputs.size(1) == 1)) {
    const losses::Pair pair = losses::pair("CalibrationError", outputs, targets);
    confidence = pair.outputs.sigmoid().reshape({-1});
    right = pair.targets.to(outputs.device()).gt(0.5).reshape({-1});
    counted = at::ones_like(right);
    valid = counted;
  } else {
    const metrics::Labels labels = metrics::counted_labels("CalibrationError", outputs, targets, options_.ignore_index);
    const auto [highest, predicted] = metrics::in_float(outputs).softmax(1).max(1);
    confidence = highest;
    right = predicted.eq(labels.label);
    counted = labels.counted;
    valid = labels.valid;
  }
  valid = valid.logical_and(confidence.isfinite());
  const std::int64_t bins = options_.bins;
  const at::Tensor known = confidence.masked_fill(valid.logical_not(), 0);
  const at::Tensor bin = known.mul(static_cast<double>(bins)).ceil().sub(1).clamp(0, bins - 1).to(at::kLong);
  const at::Tensor whole = known.div(metrics::confidence_unit).round().to(at::kLong);
  counts_.add(bin.masked_fill(valid.logical_not(), 3 * bins), counted.to(at::kLong));
  counts_.add(bin.add(bins), right.logical_and(valid).to(at::kLong));
  counts_.add(bin.add(2 * bins), whole);
}

HEARTH_INLINE double CalibrationError::value() const {
  double error = 0;
  double samples = 0;
  for (const CalibrationBin& bin : reliability()) {
    error += static_cast<double>(bin.count) * std::abs(bin.confidence - bin.accuracy);
    samples += static_cast<double>(bin.count);
  }
  return samples > 0 ? error / samples : std::numeric_limits<double>::quiet_NaN();
}

HEARTH_INLINE std::vector<CalibrationBin> CalibrationError::reliability() const {
  const std::span<const double> sums = counts_.sums();
  metrics::check_counted("CalibrationError", sums.back(), "labels were out of range or outputs were no numbers");
  const auto bins = static_cast<std::size_t>(options_.bins);
  std::vector<CalibrationBin> result(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    if (const double count = sums[i]; count > 0) {
      result[i] = {.count = static_cast<std::int64_t>(count),
                   .confidence = sums[2 * bins + i] * metrics::confidence_unit / count,
                   .accuracy = sums[bins + i] / count};
    }
  }
  return result;
}

HEARTH_INLINE void CalibrationError::load_sums(std::span<const double> sums) {
  core::require(sums.size() == counts_.size(), "CalibrationError: of {} bins there are {} sums, but got {}",
                options_.bins, counts_.size(), sums.size());
  counts_.load(sums);
}

HEARTH_INLINE void CalibrationError::reset() {
  counts_ = metrics::DeferredCounts(static_cast<std::size_t>(3 * options_.bins) + 1);
}

}  // namespace hearth
