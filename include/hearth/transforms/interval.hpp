/// A range of numbers to draw from.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::transforms {

/// From `low` to `high`.
struct Interval {
  double low = 0;
  double high = 0;
  friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

/// Throws Error, which begins with `option`, unless both bounds are finite and the lower one is first.
void check_interval(Interval interval, std::string_view option);

/// From -value to value. Throws Error, which begins with `option`, unless that is at least 0 and finite.
Interval symmetric(double value, std::string_view option);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/interval.ipp>
#endif
