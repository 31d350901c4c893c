#pragma once

#include <hearth/datasets/split.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/streams.hpp>

namespace hearth::datasets {

namespace detail {

inline void check_fractions(const char* function, std::span<const double> fractions) {
  for (const double fraction : fractions) {
    core::require(fraction >= 0 && fraction <= 1, "{}: a fraction must be between 0 and 1, but got {}", function,
                  fraction);
  }
  const double sum = std::accumulate(fractions.begin(), fractions.end(), 0.0);
  core::require(std::abs(sum - 1) <= 1e-9, "{}: the fractions must sum to 1, but they sum to {}", function, sum);
}

}  // namespace detail

HEARTH_INLINE Parts random_parts(std::size_t size, std::span<const std::int64_t> lengths, std::uint64_t seed) {
  std::size_t sum = 0;
  for (const std::int64_t length : lengths) {
    core::require(length >= 0, "random_split: a length must be at least 0, but got {}", length);
    sum += static_cast<std::size_t>(length);
  }
  core::require(sum == size,
                "random_split: the lengths sum to {}, but the dataset has {} samples; for fractions write {{0.9, 0.1}}",
                sum, size);
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random = data::split_stream(seed);
  core::shuffle(order, random);
  Parts parts;
  auto begin = order.begin();
  for (const std::int64_t length : lengths) {
    parts.emplace_back(begin, begin + length);
    begin += length;
  }
  return parts;
}

HEARTH_INLINE Parts random_parts(std::size_t size, std::span<const double> fractions, std::uint64_t seed) {
  detail::check_fractions("random_split", fractions);
  std::vector<std::int64_t> lengths;
  auto left = static_cast<std::int64_t>(size);
  for (const double fraction : fractions) {
    lengths.push_back(static_cast<std::int64_t>(std::floor(static_cast<double>(size) * fraction)));
    left -= lengths.back();
  }
  for (std::size_t i = 0; left > 0; ++i, --left) {
    ++lengths[i % lengths.size()];
  }
  return random_parts(size, lengths, seed);
}

HEARTH_INLINE Parts stratified_parts(std::span<const std::int64_t> labels, std::span<const double> fractions,
                                     std::uint64_t seed) {
  detail::check_fractions("stratified_split", fractions);
  std::map<std::int64_t, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    classes[labels[i]].push_back(i);
  }
  RandomStream random = data::split_stream(seed);
  Parts parts(fractions.size());
  std::vector<double> owed(fractions.size());  // what each part should have more of, from the classes until now
  for (auto& [label, samples] : classes) {
    core::shuffle(samples, random);
    std::vector<std::size_t> counts;  // of the class in each part
    std::vector<bool> is_rounded_down;
    std::size_t left = samples.size();
    for (std::size_t i = 0; i < fractions.size(); ++i) {
      const double share = fractions[i] * static_cast<double>(samples.size());
      const double whole = std::floor(share + 1e-9);
      counts.push_back(std::min(static_cast<std::size_t>(whole), left));
      is_rounded_down.push_back(share - whole > 1e-9);
      left -= counts.back();
      owed[i] += share - static_cast<double>(counts.back());
    }
    for (; left > 0; --left) {
      std::size_t next = fractions.size();
      for (std::size_t i = 0; i < fractions.size(); ++i) {
        if (is_rounded_down[i] && (next == fractions.size() || owed[i] > owed[next])) {
          next = i;
        }
      }
      next = next == fractions.size() ? 0 : next;
      ++counts[next];
      is_rounded_down[next] = false;
      owed[next] -= 1;
    }
    auto begin = samples.begin();
    for (std::size_t i = 0; i < fractions.size(); ++i) {
      const auto end = begin + static_cast<std::ptrdiff_t>(counts[i]);
      parts[i].insert(parts[i].end(), begin, end);
      begin = end;
    }
  }
  for (std::vector<std::size_t>& part : parts) {
    std::sort(part.begin(), part.end());
  }
  return parts;
}

}  // namespace hearth::datasets
