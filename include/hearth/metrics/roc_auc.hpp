/// The area under the ROC curve.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_counts.hpp>

namespace hearth {

struct RocAucOptions {
  std::int64_t bins = 2048;          ///< the bins of each class's histograms of scores
  std::int64_t num_classes = 0;      ///< 0: as many as the first batch has
  std::int64_t ignore_index = -100;  ///< samples with this label do not count, as in CrossEntropyLoss
};

/// The probability that a positive sample has a higher score than a negative one, ties counting half, from 0 to 1:
/// sklearn.metrics.roc_auc_score. Of several labels a sample, or of one label among classes (one class against the
/// rest), the mean over the classes that have both positive and negative samples, `average="macro"`.
///
/// Scores are counted in a histogram of positive and one of negative samples for each class, so that sums over
/// processes are the whole. A score is a logit s: of one label among classes that of the class's probability. The bins
/// are of equal width in s / (1 + |s|), which is finest near 0: with 2048 bins 0.001 wide there, 0.035 at s = 5. Scores
/// in one bin tie. So the value differs from the exact one by no more than half the share of pairs of a positive and a
/// negative sample that fall into one bin, which error_bound() gives; it is exact when only equal scores share a bin.
class RocAuc {
 public:
  /// Throws Error when there are less than 2 bins, or num_classes is negative.
  RocAuc(RocAucOptions options = {});

  /// Takes a batch in, of logits and targets: [N, C] and labels [N]; [N, C] and [N, C], several labels a sample; [N] or
  /// [N, 1] and [N], yes or no. A target above 0.5 holds. Throws Error on other shapes, on another C than before, and
  /// on a label out of range where targets are on the CPU.
  void update(const at::Tensor& logits, const at::Tensor& targets);

  /// The mean of the classes' areas since the last reset; not a number when no class has positive and negative samples.
  /// Throws Error when a device has met a label out of range or a logit that is no number.
  double value() const;

  /// The area of each class, not a number where it lacks positive or negative samples; none before the first batch.
  std::vector<double> areas() const;

  /// How far value() may be from the area of the exact scores.
  double error_bound() const;

  /// "roc_auc"
  std::string name() const { return "roc_auc"; }

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// For each class the histogram of its negative samples and that of its positive ones; what could not be counted.
  /// None before the first batch where the number of classes is not known.
  std::span<const double> sums() const { return counts_.sums(); }
  void load_sums(std::span<const double> sums);
  void reset();

 private:
  struct Area {
    double area;
    double bound;
  };
  std::vector<Area> look() const;
  void set_classes(std::int64_t classes);

  RocAucOptions options_;
  std::int64_t classes_ = 0;  // 0: not known yet
  metrics::DeferredCounts counts_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/roc_auc.ipp>
#endif
