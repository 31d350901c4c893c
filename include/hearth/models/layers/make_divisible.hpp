/// Numbers of channels that a width multiplier scales.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hearth::models {

/// The multiple of `divisor` that is nearest to `value`, but at least `divisor` and not more than a tenth below
/// `value`. torchvision.models._utils._make_divisible.
///
///     make_divisible(32 * 0.75)  // 24
inline std::int64_t make_divisible(double value, std::int64_t divisor = 8) {
  const auto nearest = static_cast<std::int64_t>(value + static_cast<double>(divisor) / 2) / divisor * divisor;
  const std::int64_t result = std::max(divisor, nearest);
  return static_cast<double>(result) < 0.9 * value ? result + divisor : result;
}

}  // namespace hearth::models
