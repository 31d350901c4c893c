#pragma once

#include <hearth/data/skipped_samples.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace hearth {

namespace detail {

/// 20000 as "20,000".
inline std::string with_thousands(std::size_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) {
    digits.insert(end - 3, 1, ',');  // with "," g++ 12 warns of memory that overlaps
  }
  return digits;
}

}  // namespace detail

HEARTH_INLINE std::string SkippedSamples::summary(std::size_t total) const {
  constexpr std::size_t most_shown = 3;
  if (count == 0) {
    return {};
  }
  std::string line = fmt::format("{} of {} samples {} skipped", detail::with_thousands(count),
                                 detail::with_thousands(total), count == 1 ? "was" : "were");
  const std::size_t shown = std::min(first.size(), most_shown);
  for (std::size_t i = 0; i < shown; ++i) {
    line += fmt::format("{} sample {} ({})", i == 0 ? ":" : ";", first[i].index, first[i].reason);
  }
  if (count > shown) {
    line += fmt::format("; and {} more", detail::with_thousands(count - shown));
  }
  return line;
}

}  // namespace hearth
