#pragma once

#include <hearth/metrics/confusion_matrix.hpp>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <hearth/core/csv.hpp>
#include <hearth/core/error.hpp>
#include <hearth/metrics/class_names.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

HEARTH_INLINE ConfusionCounts::ConfusionCounts(std::vector<std::string> classes, std::vector<std::int64_t> counts)
    : classes_(std::move(classes)), counts_(std::move(counts)) {
  core::require(counts_.size() == classes_.size() * classes_.size(),
                "ConfusionCounts: {} classes have {} counts, but got {}", classes_.size(),
                classes_.size() * classes_.size(), counts_.size());
}

HEARTH_INLINE std::int64_t ConfusionCounts::operator()(std::size_t truth, std::size_t predicted) const {
  core::require(truth < size() && predicted < size(), "ConfusionCounts: there are {} classes, but got {} and {}",
                size(), truth, predicted);
  return counts_[truth * size() + predicted];
}

HEARTH_INLINE std::string ConfusionCounts::to_string() const {
  const std::string corner = "truth \\ predicted";
  std::size_t first = corner.size();
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < size(); ++column) {
    std::size_t width = metrics::characters(classes_[column]);
    first = std::max(first, width);
    for (std::size_t row = 0; row < size(); ++row) {
      width = std::max(width, std::to_string((*this)(row, column)).size());
    }
    widths.push_back(width);
  }
  std::string text = metrics::right_aligned(corner, first);
  for (std::size_t column = 0; column < size(); ++column) {
    text += "  " + metrics::right_aligned(classes_[column], widths[column]);
  }
  text += '\n';
  for (std::size_t row = 0; row < size(); ++row) {
    text += metrics::right_aligned(classes_[row], first);
    for (std::size_t column = 0; column < size(); ++column) {
      text += "  " + metrics::right_aligned(std::to_string((*this)(row, column)), widths[column]);
    }
    text += '\n';
  }
  return text;
}

HEARTH_INLINE std::string ConfusionCounts::to_csv() const {
  std::string text = "truth";
  for (const std::string& name : classes_) {
    text += ',' + core::csv_field(name);
  }
  text += '\n';
  for (std::size_t row = 0; row < size(); ++row) {
    text += core::csv_field(classes_[row]);
    for (std::size_t column = 0; column < size(); ++column) {
      text += ',' + std::to_string((*this)(row, column));
    }
    text += '\n';
  }
  return text;
}

HEARTH_INLINE ConfusionMatrix::ConfusionMatrix(ConfusionMatrixOptions options) : options_(std::move(options)) {
  reset();
}

HEARTH_INLINE void ConfusionMatrix::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const metrics::Labels labels = metrics::counted_labels("ConfusionMatrix", outputs, targets, options_.ignore_index);
  const std::int64_t classes = metrics::agreed_classes("ConfusionMatrix", classes_, outputs.size(1));
  if (classes_ == 0) {
    set_classes(classes);
  }
  const at::Tensor place = labels.label.mul(classes).add_(outputs.argmax(1));
  counts_.add(place.masked_fill(labels.valid.logical_not(), classes * classes), labels.counted.to(at::kLong));
}

HEARTH_INLINE ConfusionCounts ConfusionMatrix::value() const {
  const std::span<const double> sums = counts_.sums();
  if (sums.empty()) {
    return {};
  }
  metrics::check_counted("ConfusionMatrix", sums.back(), "labels were out of range");
  return {metrics::names_or_numbers(options_.classes, static_cast<std::size_t>(classes_)),
          std::vector<std::int64_t>(sums.begin(), sums.end() - 1)};
}

HEARTH_INLINE void ConfusionMatrix::load_sums(std::span<const double> sums) {
  if (sums.empty()) {
    reset();
    return;
  }
  const std::int64_t classes = std::llround(std::sqrt(static_cast<double>(sums.size() - 1)));
  core::require(classes > 0 && static_cast<std::size_t>(classes * classes) + 1 == sums.size(),
                "ConfusionMatrix: these {} sums are not those of a confusion matrix", sums.size());
  set_classes(metrics::agreed_classes("ConfusionMatrix", classes_, classes));
  counts_.load(sums);
}

HEARTH_INLINE void ConfusionMatrix::reset() {
  set_classes(metrics::class_count("ConfusionMatrix", options_.classes, options_.num_classes));
}

HEARTH_INLINE void ConfusionMatrix::set_classes(std::int64_t classes) {
  classes_ = classes;
  counts_ = metrics::DeferredCounts(classes == 0 ? 0 : static_cast<std::size_t>(classes * classes) + 1);
}

}  // namespace hearth
