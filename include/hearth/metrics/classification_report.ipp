#pragma once

#include <hearth/metrics/classification_report.hpp>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/metrics/class_names.hpp>
#include <hearth/metrics/inputs.hpp>
#include <hearth/metrics/numpy_sum.hpp>

namespace hearth {

HEARTH_INLINE std::string ClassificationFigures::to_string(int digits) const {
  core::require(digits >= 0, "ClassificationFigures: digits must not be negative, but got {}", digits);
  std::size_t width = std::max(weighted.name.size(), static_cast<std::size_t>(digits));
  for (const ClassFigures& figures : classes) {
    width = std::max(width, metrics::characters(figures.name));
  }
  // Where no sample at all is right, sklearn's counts are floats, and it prints them as such.
  const auto support = [&](std::int64_t count) { return fmt::format("{}{}", count, accuracy == 0 ? ".0" : ""); };
  const auto row = [&](const ClassFigures& figures) {
    return fmt::format("{}  {:>9.{}f} {:>9.{}f} {:>9.{}f} {:>9}\n", metrics::right_aligned(figures.name, width),
                       figures.precision, digits, figures.recall, digits, figures.f1, digits, support(figures.support));
  };
  std::string text = fmt::format("{}  {:>9} {:>9} {:>9} {:>9}\n\n", std::string(width, ' '), "precision", "recall",
                                 "f1-score", "support");
  for (const ClassFigures& figures : classes) {
    text += row(figures);
  }
  text += fmt::format("\n{}  {:>9} {:>9} {:>9.{}f} {:>9}\n", metrics::right_aligned("accuracy", width), "", "",
                      accuracy, digits, support(macro.support));
  return text + row(macro) + row(weighted);
}

HEARTH_INLINE ClassificationReport::ClassificationReport(ClassificationReportOptions options)
    : options_(std::move(options)) {
  reset();
}

HEARTH_INLINE void ClassificationReport::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const metrics::Labels labels =
      metrics::counted_labels("ClassificationReport", outputs, targets, options_.ignore_index);
  const std::int64_t classes = metrics::agreed_classes("ClassificationReport", classes_, outputs.size(1));
  if (classes_ == 0) {
    set_classes(classes);
  }
  const at::Tensor predicted = outputs.argmax(1);
  const at::Tensor valid = labels.valid.to(at::kLong);
  const at::Tensor label = labels.label.masked_fill(labels.valid.logical_not(), 3 * classes);
  counts_.add(label, labels.counted.to(at::kLong));
  counts_.add(predicted.add(classes), valid);
  counts_.add(predicted.add(2 * classes), valid.mul(predicted.eq(label)));
}

HEARTH_INLINE ClassificationFigures ClassificationReport::value() const {
  const std::span<const double> sums = counts_.sums();
  const auto classes = static_cast<std::size_t>(classes_);
  if (!sums.empty()) {
    metrics::check_counted("ClassificationReport", sums.back(), "labels were out of range");
  }
  const auto ratio = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  const std::vector<std::string> names = metrics::names_or_numbers(options_.classes, classes);
  ClassificationFigures result;
  result.macro.name = "macro avg";
  result.weighted.name = "weighted avg";
  double samples = 0;
  double found_samples = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    const double support = sums[c];
    const double predicted = sums[classes + c];
    const double found = sums[2 * classes + c];
    result.classes.push_back({.name = names[c],
                              .precision = ratio(found, predicted),
                              .recall = ratio(found, support),
                              .f1 = ratio(2 * found, predicted + support),
                              .support = static_cast<std::int64_t>(support)});
    samples += support;
    found_samples += found;
  }
  // The means of numpy.average, with its order of operations.
  const auto set_means = [&](double ClassFigures::*figure) {
    std::vector<double> plain;
    std::vector<double> weighted;
    for (const ClassFigures& one : result.classes) {
      plain.push_back(one.*figure);
      weighted.push_back(one.*figure * static_cast<double>(one.support));
    }
    result.macro.*figure = ratio(metrics::numpy_sum(plain), static_cast<double>(classes));
    result.weighted.*figure = ratio(metrics::numpy_sum(weighted), samples);
  };
  set_means(&ClassFigures::precision);
  set_means(&ClassFigures::recall);
  set_means(&ClassFigures::f1);
  result.macro.support = result.weighted.support = static_cast<std::int64_t>(samples);
  result.accuracy = samples > 0 ? found_samples / samples : std::numeric_limits<double>::quiet_NaN();
  return result;
}

HEARTH_INLINE std::vector<Figure> ClassificationReport::figures() const {
  const ClassificationFigures all = value();
  return {{"macro_precision", all.macro.precision},
          {"macro_recall", all.macro.recall},
          {"macro_f1", all.macro.f1},
          {"weighted_precision", all.weighted.precision},
          {"weighted_recall", all.weighted.recall},
          {"weighted_f1", all.weighted.f1}};
}

HEARTH_INLINE void ClassificationReport::load_sums(std::span<const double> sums) {
  if (sums.empty()) {
    reset();
    return;
  }
  core::require(sums.size() % 3 == 1 && sums.size() > 1,
                "ClassificationReport: these {} sums are not those of a classification report", sums.size());
  set_classes(metrics::agreed_classes("ClassificationReport", classes_, static_cast<std::int64_t>(sums.size() / 3)));
  counts_.load(sums);
}

HEARTH_INLINE void ClassificationReport::reset() {
  set_classes(metrics::class_count("ClassificationReport", options_.classes, options_.num_classes));
}

HEARTH_INLINE void ClassificationReport::set_classes(std::int64_t classes) {
  classes_ = classes;
  counts_ = metrics::DeferredCounts(classes == 0 ? 0 : static_cast<std::size_t>(3 * classes) + 1);
}

}  // namespace hearth
