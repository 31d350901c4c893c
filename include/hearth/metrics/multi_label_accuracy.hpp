/// The share of yes and no that a model gets right.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_mean.hpp>

namespace hearth {

struct MultiLabelAccuracyOptions {
  double threshold = 0;  ///< the logit above which a label holds; 0 is a probability of 0.5
};

/// The share of all samples' labels that are right, from 0 to 1: a label is said to hold when its logit is above the
/// threshold, and holds when its target is above 0.5.
class MultiLabelAccuracy {
 public:
  /// Throws Error when the threshold is not a number.
  MultiLabelAccuracy(MultiLabelAccuracyOptions options = {});

  /// Takes a batch in: logits and targets [N, C], or logits [N, 1] and targets [N]. Throws Error on other shapes.
  void update(const at::Tensor& logits, const at::Tensor& targets);

  /// The share since the last reset; not a number when there was no sample.
  double value() const { return mean_.value(); }

  /// "multi_label_accuracy"
  std::string name() const { return "multi_label_accuracy"; }

  /// Labels that are right, labels seen.
  std::span<const double> sums() const { return mean_.sums(); }
  void load_sums(std::span<const double> sums) { mean_.load(sums); }
  void reset() { mean_.reset(); }

 private:
  MultiLabelAccuracyOptions options_;
  metrics::DeferredMean mean_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/multi_label_accuracy.ipp>
#endif
