/// How far outputs are from targets that are numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_mean.hpp>

namespace hearth {

/// The mean of the absolute differences, over all samples and all their numbers.
class MeanAbsoluteError {
 public:
  /// Takes a batch in: outputs and targets of one shape, or outputs [N, 1] and targets [N]. Throws Error on others.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The mean since the last reset; not a number when there was no sample.
  double value() const { return mean_.value(); }

  /// "mae"
  std::string name() const { return "mae"; }

  /// The sum of the differences, and their count.
  std::span<const double> sums() const { return mean_.sums(); }
  void load_sums(std::span<const double> sums) { mean_.load(sums); }
  void reset() { mean_.reset(); }

 private:
  metrics::DeferredMean mean_;
};

/// The mean of the squared differences, over all samples and all their numbers.
class MeanSquaredError {
 public:
  /// Takes a batch in: outputs and targets of one shape, or outputs [N, 1] and targets [N]. Throws Error on others.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The mean since the last reset; not a number when there was no sample.
  double value() const { return mean_.value(); }

  /// "mse"
  std::string name() const { return "mse"; }

  /// The sum of the squares, and their count.
  std::span<const double> sums() const { return mean_.sums(); }
  void load_sums(std::span<const double> sums) { mean_.load(sums); }
  void reset() { mean_.reset(); }

 private:
  metrics::DeferredMean mean_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/mean_error.ipp>
#endif
