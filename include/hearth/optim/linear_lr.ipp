#pragma once

#include <hearth/optim/linear_lr.hpp>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void LinearLRRule::check_options(const Options& options) {
  core::require(options.start_factor > 0 && options.start_factor <= 1,
                "LinearLR: start_factor must be above 0 and at most 1, but got {}", options.start_factor);
  core::require(options.end_factor >= 0 && options.end_factor <= 1,
                "LinearLR: end_factor must be between 0 and 1, but got {}", options.end_factor);
  core::require(options.total_iters >= 1, "LinearLR: total_iters must be at least 1, but got {}", options.total_iters);
}

HEARTH_INLINE double LinearLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  if (epoch == 0) {
    return rate * options.start_factor;
  }
  if (epoch > options.total_iters) {
    return rate;
  }
  const double rise = options.end_factor - options.start_factor;
  return rate * (1.0 + rise / (options.total_iters * options.start_factor + (epoch - 1) * rise));
}

}  // namespace hearth::optim
