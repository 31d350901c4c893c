#pragma once

#include <hearth/metrics/roc_auc.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones_like.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>
#include <hearth/metrics/class_names.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

HEARTH_INLINE RocAuc::RocAuc(RocAucOptions options) : options_(options) {
  core::require(options_.bins >= 2, "RocAuc: bins must be at least 2, but got {}", options_.bins);
  reset();
}

HEARTH_INLINE void RocAuc::update(const at::Tensor& logits, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  at::Tensor score;     // [N, C]
  at::Tensor positive;  // [N, C], bool
  at::Tensor counted;   // [N, 1] or [N, C], bool: it counts, be it as what could not be counted
  at::Tensor valid;     // [N, C], bool
  if (logits.dim() == 2 && logits.size(1) > 1 && targets.dim() == 1) {
    const metrics::Labels labels = metrics::counted_labels("RocAuc", logits, targets, options_.ignore_index);
    const at::Tensor log_probability = metrics::in_float(logits).log_softmax(1);
    score = log_probability.neg().expm1().log().neg();  // log(p / (1 - p))
    positive = labels.label.unsqueeze(1).eq(at::arange(logits.size(1), labels.label.options()));
    counted = labels.counted.unsqueeze(1).expand_as(score);
    valid = labels.valid.unsqueeze(1).logical_and(score.isnan().logical_not());
  } else {
    const losses::Pair pair = losses::pair("RocAuc", logits, targets);
    core::require(logits.dim() == 1 || logits.dim() == 2,
                  "RocAuc: expected logits [N] or [N, C], but got {} dimensions", logits.dim());
    const std::int64_t columns = pair.outputs.dim() == 2 ? pair.outputs.size(1) : 1;
    score = pair.outputs.reshape({logits.size(0), columns});
    positive = pair.targets.to(logits.device()).gt(0.5).reshape({logits.size(0), columns});
    valid = score.isnan().logical_not();
    counted = at::ones_like(valid);
  }
  const std::int64_t classes = metrics::agreed_classes("RocAuc", classes_, score.size(1));
  if (classes_ == 0) {
    set_classes(classes);
  }
  const std::int64_t bins = options_.bins;
  const at::Tensor finite = score.masked_fill(valid.logical_not(), 0).clamp(-1e30, 1e30);
  const at::Tensor share = finite.div(finite.abs().add(1)).add(1).mul(static_cast<double>(bins) / 2);
  const at::Tensor bin = share.floor().clamp(0, bins - 1).to(at::kLong);
  const at::Tensor row = at::arange(classes, bin.options()).mul(2).add(positive);  // [N, C], 2 for each class
  counts_.add(row.mul(bins).add(bin).masked_fill(valid.logical_not(), 2 * classes * bins), counted.to(at::kLong));
}

HEARTH_INLINE double RocAuc::value() const {
  double sum = 0;
  double classes = 0;
  for (const double area : areas()) {
    if (!std::isnan(area)) {
      sum += area;
      ++classes;
    }
  }
  return sum / classes;  // of none: 0 / 0, not a number
}

HEARTH_INLINE std::vector<double> RocAuc::areas() const {
  std::vector<double> result;
  for (const Area& one : look()) {
    result.push_back(one.area);
  }
  return result;
}

HEARTH_INLINE double RocAuc::error_bound() const {
  double sum = 0;
  double classes = 0;
  for (const Area& one : look()) {
    if (!std::isnan(one.area)) {
      sum += one.bound;
      ++classes;
    }
  }
  return sum / classes;
}

/// The area and its bound of each class.
HEARTH_INLINE std::vector<RocAuc::Area> RocAuc::look() const {
  const std::span<const double> sums = counts_.sums();
  if (sums.empty()) {
    return {};
  }
  metrics::check_counted("RocAuc", sums.back(), "labels were out of range or logits were no numbers");
  const auto bins = static_cast<std::size_t>(options_.bins);
  std::vector<Area> result;
  for (std::size_t c = 0; c < static_cast<std::size_t>(classes_); ++c) {
    const std::span<const double> negative = sums.subspan(2 * c * bins, bins);
    const std::span<const double> positive = sums.subspan((2 * c + 1) * bins, bins);
    double above = 0;  // pairs whose positive sample has the higher score
    double tied = 0;
    double negatives = 0;  // in the bins so far
    double positives = 0;
    for (std::size_t i = 0; i < bins; ++i) {
      above += positive[i] * negatives;
      tied += positive[i] * negative[i];
      negatives += negative[i];
      positives += positive[i];
    }
    const double pairs = positives * negatives;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    result.push_back(pairs > 0 ? Area{(above + tied / 2) / pairs, tied / 2 / pairs} : Area{none, none});
  }
  return result;
}

HEARTH_INLINE void RocAuc::load_sums(std::span<const double> sums) {
  if (sums.empty()) {
    reset();
    return;
  }
  const auto row = static_cast<std::size_t>(2 * options_.bins);
  core::require(sums.size() % row == 1 && sums.size() > 1, "RocAuc: these {} sums are not those of {} bins",
                sums.size(), options_.bins);
  set_classes(metrics::agreed_classes("RocAuc", classes_, static_cast<std::int64_t>(sums.size() / row)));
  counts_.load(sums);
}

HEARTH_INLINE void RocAuc::reset() {
  set_classes(metrics::class_count("RocAuc", {}, options_.num_classes));
}

HEARTH_INLINE void RocAuc::set_classes(std::int64_t classes) {
  classes_ = classes;
  counts_ = metrics::DeferredCounts(classes == 0 ? 0 : static_cast<std::size_t>(2 * classes * options_.bins) + 1);
}

}  // namespace hearth
