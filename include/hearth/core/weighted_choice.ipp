#pragma once

#include <hearth/core/weighted_choice.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::core {

HEARTH_INLINE std::vector<double> checked_weights(std::vector<double> weights, std::size_t count,
                                                  std::string_view chooser, std::string_view choices) {
  if (weights.empty()) {
    weights.assign(count, 1);
  }
  require(weights.size() == count, "{}: there are {} weights for {} {}", chooser, weights.size(), count, choices);
  double sum = 0;
  for (const double weight : weights) {
    require(std::isfinite(weight) && weight >= 0, "{}: a weight must be a finite number of at least 0, but got {}",
            chooser, weight);
    sum += weight;
  }
  require(sum > 0, "{}: at least one weight must be above 0", chooser);
  return weights;
}

HEARTH_INLINE std::size_t weighted_choice(const std::vector<double>& weights, RandomStream& random) noexcept {
  double sum = 0;
  std::size_t last = 0;  // of those that can be drawn
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    last = weights[i] > 0 ? i : last;
  }
  double left = random.uniform() * sum;
  for (std::size_t i = 0; i < last; ++i) {
    if (left < weights[i]) {
      return i;
    }
    left -= weights[i];
  }
  return last;
}

}  // namespace hearth::core
