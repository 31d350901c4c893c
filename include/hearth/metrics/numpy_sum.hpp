/// Sums in numpy's order.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace hearth::metrics {

/// The sum as numpy adds up a list, to the last bit: halves of long lists, eight sums side by side in short ones. Added
/// up in another order, a figure half way between two printed numbers would be rounded to the other one than
/// scikit-learn's.
inline double numpy_sum(std::span<const double> values) {
  constexpr std::size_t block = 128;
  const std::size_t size = values.size();
  if (size > block) {
    const std::size_t half = size / 2 - size / 2 % 8;
    return numpy_sum(values.first(half)) + numpy_sum(values.subspan(half));
  }
  double sum = 0;
  std::size_t i = 0;
  if (size >= 8) {
    std::array<double, 8> lanes{};
    for (; i + 8 <= size; i += 8) {
      for (std::size_t lane = 0; lane < 8; ++lane) {
        lanes[lane] += values[i + lane];
      }
    }
    sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  }
  for (; i < size; ++i) {
    sum += values[i];
  }
  return sum;
}

}  // namespace hearth::metrics
