#pragma once

#include <hearth/optim/constant_lr.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void ConstantLRRule::check_options(const Options& options) {
  core::require(options.factor > 0 && options.factor <= 1,
                "ConstantLR: factor must be above 0 and at most 1, but got {}", options.factor);
  core::require(options.total_iters >= 1, "ConstantLR: total_iters must be at least 1, but got {}",
                options.total_iters);
}

HEARTH_INLINE double ConstantLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  if (epoch == 0) {
    return rate * options.factor;
  }
  return epoch == options.total_iters ? rate * (1.0 / options.factor) : rate;
}

}  // namespace hearth::optim
