#pragma once

#include <hearth/transforms/interval.hpp>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::transforms {

HEARTH_INLINE void check_interval(Interval interval, std::string_view option) {
  core::require(interval.low <= interval.high && std::isfinite(interval.low) && std::isfinite(interval.high),
                "{} must be finite, the lower bound first, but got {} to {}", option, interval.low, interval.high);
}

HEARTH_INLINE Interval symmetric(double value, std::string_view option) {
  core::require(value >= 0 && std::isfinite(value),
                "{} must be at least 0 where it is one number, and is then from minus that to that, but got {}", option,
                value);
  return {-value, value};
}

}  // namespace hearth::transforms
