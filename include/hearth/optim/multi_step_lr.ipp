#pragma once

#include <hearth/optim/multi_step_lr.hpp>

#include <algorithm>
#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void MultiStepLRRule::check_options(const Options& options) {
  for (const int milestone : options.milestones) {
    core::require(milestone >= 0, "MultiStepLR: milestones must be at least 0, but got {}", milestone);
  }
  core::require(std::isfinite(options.gamma) && options.gamma >= 0, "MultiStepLR: gamma must be at least 0, but got {}",
                options.gamma);
}

HEARTH_INLINE double MultiStepLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  const auto times = std::count(options.milestones.begin(), options.milestones.end(), epoch);
  return rate * std::pow(options.gamma, static_cast<double>(times));
}

}  // namespace hearth::optim
