#pragma once

#include <hearth/metrics/roc_auc_score.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>
#include <hearth/metrics/inputs.hpp>
#include <hearth/metrics/numpy_sum.hpp>

namespace hearth {

namespace metrics::detail {

/// A point of the ROC curve: the negative and the positive samples from the highest score down to one.
struct CurvePoint {
  double negatives = 0;
  double positives = 0;
};

/// Does the line from `a` to `c` go through `b`, half way in both?
inline bool is_half_way(const CurvePoint& a, const CurvePoint& b, const CurvePoint& c) {
  return c.negatives - b.negatives == b.negatives - a.negatives &&
         c.positives - b.positives == b.positives - a.positives;
}

/// The area of one class, in sklearn's steps: the curve's points at distinct scores, without those half way between
/// their neighbours, and the trapezoids below it.
inline double exact_area(std::span<const double> scores, std::span<const bool> positive) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<CurvePoint> all;
  CurvePoint now;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (positive[order[i]] ? now.positives : now.negatives) += 1;
    if (i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]]) {
      all.push_back(now);
    }
  }
  if (now.positives == 0 || now.negatives == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::vector<CurvePoint> curve{{}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || i + 1 == all.size() || !is_half_way(all[i - 1], all[i], all[i + 1])) {
      curve.push_back({all[i].negatives / now.negatives, all[i].positives / now.positives});
    }
  }
  std::vector<double> parts;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    parts.push_back((curve[i].negatives - curve[i - 1].negatives) * (curve[i].positives + curve[i - 1].positives) / 2);
  }
  return numpy_sum(parts);
}

}  // namespace metrics::detail

HEARTH_INLINE std::vector<double> roc_auc_scores(const at::Tensor& scores, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  at::Tensor score;     // [C, N], double
  at::Tensor positive;  // [C, N], bool
  if (scores.dim() == 2 && scores.size(1) > 1 && targets.dim() == 1) {
    const at::Tensor labels = targets.to(at::kCPU);
    const metrics::Labels checked =
        metrics::counted_labels("roc_auc_score", scores.to(at::kCPU), labels, std::numeric_limits<std::int64_t>::min());
    score = scores.t();
    positive = checked.label.eq(at::arange(scores.size(1), checked.label.options()).unsqueeze(1));
  } else {
    const losses::Pair pair = losses::pair("roc_auc_score", scores, targets);
    core::require(scores.dim() == 1 || scores.dim() == 2,
                  "roc_auc_score: expected scores [N] or [N, C], but got {} dimensions", scores.dim());
    const std::int64_t columns = pair.outputs.dim() == 2 ? pair.outputs.size(1) : 1;
    score = pair.outputs.reshape({scores.size(0), columns}).t();
    positive = pair.targets.gt(0.5).reshape({scores.size(0), columns}).t();
  }
  score = score.to(at::kCPU, at::kDouble).contiguous();
  positive = positive.to(at::kCPU).contiguous();
  const auto samples = static_cast<std::size_t>(score.size(1));
  const auto classes = static_cast<std::size_t>(score.size(0));
  const std::span<const double> all(score.const_data_ptr<double>(), samples * classes);
  core::require(std::none_of(all.begin(), all.end(), [](double one) { return std::isnan(one); }),
                "roc_auc_score: a score is not a number");
  const std::span<const bool> held(positive.const_data_ptr<bool>(), samples * classes);
  std::vector<double> areas;
  for (std::size_t c = 0; c < classes; ++c) {
    areas.push_back(metrics::detail::exact_area(all.subspan(c * samples, samples), held.subspan(c * samples, samples)));
  }
  return areas;
}

HEARTH_INLINE double roc_auc_score(const at::Tensor& scores, const at::Tensor& targets) {
  std::vector<double> areas = roc_auc_scores(scores, targets);
  std::erase_if(areas, [](double area) { return std::isnan(area); });
  return metrics::numpy_sum(areas) / static_cast<double>(areas.size());  // of none: 0 / 0, not a number
}

}  // namespace hearth
