#pragma once

#include <hearth/optim/cosine_annealing_lr.hpp>

#include <cmath>
#include <numbers>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void CosineAnnealingLRRule::check_options(const Options& options) {
  core::require(options.T_max >= 1, "CosineAnnealingLR: T_max must be at least 1, but got {}", options.T_max);
  core::require(std::isfinite(options.eta_min) && options.eta_min >= 0,
                "CosineAnnealingLR: eta_min must be at least 0, but got {}", options.eta_min);
}

HEARTH_INLINE double CosineAnnealingLRRule::next_rate(const Options& options, int epoch, double rate, double initial) {
  if (epoch == 0) {
    return rate;
  }
  const double lowest = options.eta_min;
  if ((epoch - 1 - options.T_max) % (2 * options.T_max) == 0) {  // the step after a lowest rate: no ratio to it
    const double rise = (1 - std::cos(std::numbers::pi / options.T_max)) / 2;
    return rate + (initial - lowest) * rise;
  }
  const auto wave = [&](int at) { return 1 + std::cos(std::numbers::pi * at / options.T_max); };
  const double ratio = wave(epoch) / wave(epoch - 1);
  return ratio * (rate - lowest) + lowest;
}

}  // namespace hearth::optim
