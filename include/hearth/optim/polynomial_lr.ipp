#pragma once

#include <hearth/optim/polynomial_lr.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void PolynomialLRRule::check_options(const Options& options) {
  core::require(options.total_iters >= 1, "PolynomialLR: total_iters must be at least 1, but got {}",
                options.total_iters);
  core::require(std::isfinite(options.power) && options.power >= 0,
                "PolynomialLR: power must be at least 0, but got {}", options.power);
}

HEARTH_INLINE double PolynomialLRRule::next_rate(const Options& options, int epoch, double rate, double) {
  if (epoch == 0 || epoch > options.total_iters) {
    return rate;
  }
  const auto left = [&](int at) { return 1.0 - static_cast<double>(at) / options.total_iters; };
  return rate * std::pow(left(epoch) / left(epoch - 1), options.power);
}

}  // namespace hearth::optim
