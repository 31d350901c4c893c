#pragma once

#include <hearth/metrics/most_confused.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include <hearth/metrics/class_names.hpp>
#include <hearth/metrics/confusion_matrix.hpp>

namespace hearth {

HEARTH_INLINE std::vector<ConfusedPair> most_confused(const ConfusionCounts& counts, std::size_t how_many) {
  std::vector<ConfusedPair> pairs;
  for (std::size_t truth = 0; truth < counts.size(); ++truth) {
    double samples = 0;
    for (std::size_t predicted = 0; predicted < counts.size(); ++predicted) {
      samples += static_cast<double>(counts(truth, predicted));
    }
    for (std::size_t predicted = 0; predicted < counts.size(); ++predicted) {
      if (const std::int64_t count = counts(truth, predicted); truth != predicted && count > 0) {
        pairs.push_back({counts.classes()[truth], counts.classes()[predicted], truth, predicted, count,
                         static_cast<double>(count) / samples});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const ConfusedPair& a, const ConfusedPair& b) {
    return std::tuple(-a.count, -a.share, a.truth_class, a.predicted_class) <
           std::tuple(-b.count, -b.share, b.truth_class, b.predicted_class);
  });
  pairs.resize(std::min(pairs.size(), how_many));
  return pairs;
}

HEARTH_INLINE std::string to_string(const std::vector<ConfusedPair>& pairs) {
  if (pairs.empty()) {
    return "no sample was taken for another class\n";
  }
  constexpr std::string_view truth = "truth";
  constexpr std::string_view taken_for = "taken for";
  std::size_t first = truth.size();
  std::size_t second = taken_for.size();
  for (const ConfusedPair& pair : pairs) {
    first = std::max(first, metrics::characters(pair.truth));
    second = std::max(second, metrics::characters(pair.predicted));
  }
  const auto line = [&](std::string_view a, std::string_view b, const std::string& count, const std::string& share) {
    return fmt::format("{}  {}  {:>7}  {:>6}\n", metrics::right_aligned(a, first), metrics::right_aligned(b, second),
                       count, share);
  };
  std::string text = line(truth, taken_for, "samples", "share");
  for (const ConfusedPair& pair : pairs) {
    text += line(pair.truth, pair.predicted, std::to_string(pair.count), fmt::format("{:.1f}%", 100 * pair.share));
  }
  return text;
}

}  // namespace hearth
