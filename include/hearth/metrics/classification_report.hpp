/// Precision, recall and F1 of each class, and their means.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_counts.hpp>
#include <hearth/metrics/metric.hpp>

namespace hearth {

/// How well one class, or the mean over classes, is found.
struct ClassFigures {
  std::string name;          ///< of the class, or of the mean
  double precision = 0;      ///< of the samples that the model took for the class, the share that are of it; 0 of none
  double recall = 0;         ///< of the samples of the class, the share that the model took for it; 0 of none
  double f1 = 0;             ///< the harmonic mean of the two; 0 where both are
  std::int64_t support = 0;  ///< the samples of the class
};

/// The figures of all classes, as sklearn.metrics.classification_report has them with zero_division=0.
struct ClassificationFigures {
  std::vector<ClassFigures> classes;  ///< every class, also one that no sample has
  double accuracy = 0;                ///< not a number when there is no sample
  ClassFigures macro;                 ///< "macro avg": the mean over the classes
  ClassFigures weighted;              ///< "weighted avg": the mean over the classes by their support

  /// The table that sklearn prints, `digits` after the point, to the letter.
  std::string to_string(int digits = 2) const;
};

struct ClassificationReportOptions {
  std::vector<std::string> classes = {};  ///< the names of the classes; none: their numbers
  std::int64_t num_classes = 0;           ///< 0: as many as there are names, or as the first batch has
  std::int64_t ignore_index = -100;       ///< samples with this label do not count, as in CrossEntropyLoss
};

/// sklearn's classification report, of the classes with the highest output.
///
///     ClassificationReport report{{.classes = dataset.classes()}};
///     fmt::print("{}", report.value().to_string(4));
class ClassificationReport {
 public:
  /// Throws Error when num_classes and the names disagree.
  ClassificationReport(ClassificationReportOptions options = {});

  /// Takes a batch in: outputs [N, C] and labels [N] or class probabilities [N, C]. Throws Error on other shapes, on
  /// another C than before, and on a label out of range where targets are on the CPU.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The figures since the last reset. Throws Error when a device has met a label out of range.
  ClassificationFigures value() const;

  /// The macro and the weighted means: macro_precision, macro_recall, macro_f1, weighted_precision, weighted_recall and
  /// weighted_f1.
  std::vector<Figure> figures() const;

  /// "classification_report"
  std::string name() const { return "classification_report"; }

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// For each class its samples; for each the samples taken for it; for each those of both; the labels out of range.
  /// None before the first batch where C is not known.
  std::span<const double> sums() const { return counts_.sums(); }
  void load_sums(std::span<const double> sums);
  void reset();

 private:
  void set_classes(std::int64_t classes);

  ClassificationReportOptions options_;
  std::int64_t classes_ = 0;  // 0: not known yet
  metrics::DeferredCounts counts_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/classification_report.ipp>
#endif
