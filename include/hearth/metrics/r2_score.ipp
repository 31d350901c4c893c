#pragma once

#include <hearth/metrics/r2_score.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <cstdint>
#include <limits>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

HEARTH_INLINE void R2Score::update(const at::Tensor& outputs, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const losses::Pair pair = losses::pair("R2Score", outputs, targets);
  core::require(pair.outputs.dim() == 1 || pair.outputs.dim() == 2,
                "R2Score: expected outputs [N] or [N, K], but got [{}]", fmt::join(outputs.sizes(), ", "));
  const std::int64_t samples = pair.outputs.size(0);
  const std::int64_t columns = pair.outputs.dim() == 2 ? pair.outputs.size(1) : 1;
  core::require(sums_.size() == 0 || sums_.size() == static_cast<std::size_t>(1 + 3 * columns),
                "R2Score: the outputs have {} columns, but earlier ones had {}", columns, sums_.size() / 3);
  const at::ScalarType type = metrics::sum_type(outputs);
  const at::Tensor target = pair.targets.to(outputs.device()).to(type).view({samples, columns});
  const at::Tensor difference = target.sub(pair.outputs.to(type).view({samples, columns}));
  sums_.add(at::cat({at::full({1}, static_cast<double>(samples), target.options()), target.sum(0),
                     target.square().sum(0), difference.square().sum(0)}));
}

HEARTH_INLINE double R2Score::value() const {
  const std::vector<double> each = scores();
  double sum = 0;
  for (const double score : each) {
    sum += score;
  }
  return sum / static_cast<double>(each.size());  // of none: 0 / 0, not a number
}

HEARTH_INLINE std::vector<double> R2Score::scores() const {
  const std::span<const double> sums = sums_.sums();
  const std::size_t columns = sums.size() / 3;
  std::vector<double> result;
  for (std::size_t k = 0; k < columns; ++k) {
    const double samples = sums[0];
    const double total = sums[1 + columns + k] - sums[1 + k] * sums[1 + k] / samples;
    const double residual = sums[1 + 2 * columns + k];
    if (samples < 2) {
      result.push_back(std::numeric_limits<double>::quiet_NaN());
    } else if (total > 0) {
      result.push_back(1 - residual / total);
    } else {
      result.push_back(residual == 0 ? 1 : 0);
    }
  }
  return result;
}

HEARTH_INLINE void R2Score::load_sums(std::span<const double> sums) {
  core::require(sums.empty() || (sums.size() % 3 == 1 && sums.size() > 1),
                "R2Score: these {} sums are not those of an R2 score", sums.size());
  sums_.load(sums);
}

}  // namespace hearth
