#pragma once

#include <hearth/optim/exponential_lr.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void ExponentialLRRule::check_options(const Options& options) {
  core::require(std::isfinite(options.gamma) && options.gamma >= 0,
                "ExponentialLR: gamma must be at least 0, but got {}", options.gamma);
}

HEARTH_INLINE double ExponentialLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  return epoch == 0 ? rate : rate * options.gamma;
}

}  // namespace hearth::optim
