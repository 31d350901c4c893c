/// The share of samples whose class a model finds.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_mean.hpp>

namespace hearth {

struct AccuracyOptions {
  std::int64_t top_k = 1;            ///< a sample counts as found when its class is among this many highest logits
  std::int64_t ignore_index = -100;  ///< samples with this label do not count, as in CrossEntropyLoss
};

/// Top-k accuracy, from 0 to 1: samples found divided by samples seen. Exact, for both are counts.
///
///     Accuracy top1, top5{{.top_k = 5}};
class Accuracy {
 public:
  /// Throws Error when top_k is below 1.
  Accuracy(AccuracyOptions options = {});

  /// Takes a batch in: logits [N, C] and integer targets [N], or class probabilities [N, C], whose most probable class
  /// is then the target, as in a training with MixUp. Throws Error when the shapes differ from these or top_k is above
  /// C.
  void update(const at::Tensor& logits, const at::Tensor& targets);

  /// The accuracy over all samples since the last reset; not a number when there was none.
  double value() const { return mean_.value(); }

  /// "accuracy", or "top5_accuracy".
  std::string name() const;

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// Samples found, samples seen.
  std::span<const double> sums() const { return mean_.sums(); }
  void load_sums(std::span<const double> sums) { mean_.load(sums); }

  void reset() { mean_.reset(); }

 private:
  AccuracyOptions options_;
  metrics::DeferredMean mean_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/accuracy.ipp>
#endif
