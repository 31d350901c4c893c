#pragma once

#include <hearth/optim/step_lr.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void StepLRRule::check_options(const Options& options) {
  core::require(options.step_size >= 1, "StepLR: step_size must be at least 1, but got {}", options.step_size);
  core::require(std::isfinite(options.gamma) && options.gamma >= 0, "StepLR: gamma must be at least 0, but got {}",
                options.gamma);
}

HEARTH_INLINE double StepLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  return epoch > 0 && epoch % options.step_size == 0 ? rate * options.gamma : rate;
}

}  // namespace hearth::optim
