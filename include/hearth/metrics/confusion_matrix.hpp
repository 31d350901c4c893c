/// Which classes a model takes for which.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_counts.hpp>

namespace hearth {

/// How often samples of a class (the row) were taken for a class (the column).
class ConfusionCounts {
 public:
  ConfusionCounts() = default;
  /// `counts`: C x C, row by row. Throws Error when there are not as many.
  ConfusionCounts(std::vector<std::string> classes, std::vector<std::int64_t> counts);

  std::size_t size() const noexcept { return classes_.size(); }
  const std::vector<std::string>& classes() const noexcept { return classes_; }  ///< the classes' names

  /// The samples of the class `truth` that the model took for `predicted`. Throws Error when there is no such class.
  std::int64_t operator()(std::size_t truth, std::size_t predicted) const;

  /// All C x C counts, row by row.
  std::span<const std::int64_t> counts() const noexcept { return counts_; }

  /// A table for people: a row for each true class, a column for each predicted one.
  std::string to_string() const;

  /// The same as comma-separated values (RFC 4180, lines end in \n), the classes' names in the first line and column.
  std::string to_csv() const;

 private:
  std::vector<std::string> classes_;
  std::vector<std::int64_t> counts_;
};

struct ConfusionMatrixOptions {
  std::vector<std::string> classes = {};  ///< the names of the classes; none: their numbers
  std::int64_t num_classes = 0;           ///< 0: as many as there are names, or as the first batch has
  std::int64_t ignore_index = -100;       ///< samples with this label do not count, as in CrossEntropyLoss
};

/// The confusion matrix, as sklearn.metrics.confusion_matrix has it.
///
///     ConfusionMatrix matrix{{.classes = dataset.classes()}};
///     fmt::print("{}", matrix.value().to_string());
class ConfusionMatrix {
 public:
  /// Throws Error when num_classes and the names disagree.
  ConfusionMatrix(ConfusionMatrixOptions options = {});

  /// Takes a batch in: outputs [N, C] and labels [N] or class probabilities [N, C]. Throws Error on other shapes, on
  /// another C than before, and on a label out of range where targets are on the CPU.
  void update(const at::Tensor& outputs, const at::Tensor& targets);

  /// The counts since the last reset. Throws Error when a device has met a label out of range.
  ConfusionCounts value() const;

  /// "confusion_matrix"
  std::string name() const { return "confusion_matrix"; }

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// The C x C counts row by row, and the labels out of range; none before the first batch where C is not known.
  std::span<const double> sums() const { return counts_.sums(); }
  void load_sums(std::span<const double> sums);
  void reset();

 private:
  void set_classes(std::int64_t classes);

  ConfusionMatrixOptions options_;
  std::int64_t classes_ = 0;  // 0: not known yet
  metrics::DeferredCounts counts_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/metrics/confusion_matrix.ipp>
#endif
