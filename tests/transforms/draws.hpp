/// How the tests of random transforms look at what these draw. Streams are fixed, so that each test finds the same each
/// time; the bounds are such that a right transform would meet them with other streams, too.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

/// What `draw(random)` gives for `count` streams.
template <class Draw>
auto drawn(std::size_t count, Draw draw) {
  std::vector<decltype(draw(std::declval<hearth::RandomStream&>()))> values;
  for (std::size_t i = 0; i < count; ++i) {
    hearth::RandomStream random(11, 12, i);
    values.push_back(draw(random));
  }
  return values;
}

/// Checks that something of this probability may well happen `count` times in `draws`: within five standard deviations,
/// which chance misses once in two million times.
inline void check_share(std::size_t count, std::size_t draws, double probability) {
  const double expected = static_cast<double>(draws) * probability;
  CAPTURE(count, draws, probability);
  CHECK(std::abs(static_cast<double>(count) - expected) <= 5 * std::sqrt(expected * (1 - probability)));
}

/// Checks that the values may well be uniform between the bounds: the distance of Kolmogorov and Smirnov, which chance
/// exceeds once in a thousand times.
inline void check_uniform(std::vector<double> values, double low, double high) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  REQUIRE(values.front() >= low);
  REQUIRE(values.back() <= high);
  double most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = (values[i] - low) / (high - low);
    most = std::max({most, share - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - share});
  }
  CHECK(most < 1.95 / std::sqrt(count));
}

/// Checks that the values may well be of the distribution of the reference's: 65 points and the share of `reference`
/// draws up to each (two samples' distance of Kolmogorov and Smirnov, exceeded once in a thousand times).
inline void check_distribution(const Pack::Array& reference, double reference_draws, std::vector<double> values) {
  const auto count = static_cast<double>(values.size());
  const double most = 1.95 * std::sqrt(1 / count + 1 / reference_draws);
  std::sort(values.begin(), values.end());
  const std::vector<double> numbers = reference.values<double>();
  const std::size_t points = numbers.size() / 2;
  for (std::size_t i = 0; i < points; ++i) {
    const auto end = std::upper_bound(values.begin(), values.end(), numbers[i] + 1e-9);
    CAPTURE(reference.name, numbers[i]);
    CHECK(std::abs(static_cast<double>(end - values.begin()) / count - numbers[points + i]) < most);
  }
}

/// How many 32-bit numbers `use(random)` draws.
template <class Use>
int numbers_drawn(Use use) {
  hearth::RandomStream used(5, 6, 7);
  use(used);
  const std::uint64_t next = used.bits64();
  for (int count = 0; count < 1000; ++count) {
    hearth::RandomStream fresh(5, 6, 7);
    for (int i = 0; i < count; ++i) {
      fresh();
    }
    if (fresh.bits64() == next) {
      return count;
    }
  }
  return -1;
}
