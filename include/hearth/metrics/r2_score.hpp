/// The share of the targets' variance that a model explains.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_sums.hpp>

namespace hearth {

/// The coefficient of determination, sklearn.metrics.r2_score: 1 minus the squared differences divided by the targets'
/// squared distances from their mean. Of several outputs a sample, the mean of their scores. Where a target never
/// varies the score is 1 when every output is right, and else 0.
///
/// The distances are made of the sums of the targets and of their squares in double precision. That loses digits where
/// the mean is far from 0: of 16 digits twice as many as the mean has more than the standard deviation.
class R2Score {
 public:
  /// Takes a batch in: outputs and targets [N, K] or [N], or outputs [N, 1] and targets [N]. Throws Error on other
  /// shapes, and on another K than before.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The mean of scores(); not a number when there were less than two samples.
  double value() const;

  /// The score of each output since the last reset; none before the first batch.
  std::vector<double> scores() const;

  /// "r2"
  std::string name() const { return "r2"; }

  /// The samples; for each output the sum of its targets; for each that of their squares; for each that of the squared
  /// differences. None before the first batch.
  std::span<const double> sums() const { return sums_.sums(); }
  void load_sums(std::span<const double> sums);
  void reset() { sums_ = {}; }

 private:
  metrics::DeferredSums sums_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/r2_score.ipp>
#endif
