/// The axis of a diagram: the stretch of numbers it shows, and which numbers are written beside it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::chart {

/// The stretch of numbers that an axis shows.
struct AxisRange {
  double low = 0;
  double high = 1;
  bool whole = false;  ///< all values are whole numbers
};

/// Whether an axis can show the number: it is finite, and small enough to be reckoned with.
inline bool on_axis(double value) noexcept {
  return std::abs(value) <= 1e200;  // false for NaN, too
}

/// The range that shows all values, and the share `margin` of their distance on both sides; `from_zero`: nothing below
/// 0 when no value is. A single value, or several that nine digits don't tell apart, stand in the middle. Without
/// values: from 0 to 1. The values are numbers for which `on_axis` is true.
inline AxisRange axis_range(const std::vector<double>& values, double margin, bool from_zero = false) {
  if (values.empty()) {
    return {};
  }
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  const double low = *lowest;
  const double high = *highest;
  const double largest = std::max(std::abs(low), std::abs(high));
  const bool whole =
      largest < 1e15 && std::all_of(values.begin(), values.end(), [](double v) { return v == std::round(v); });
  double room = (high - low) * margin;
  if (largest < 1e-200) {
    room = 0.5;
  } else if (high - low <= 1e-9 * largest) {
    room = whole && largest < 1e8 ? 0.5 : 0.1 * largest;
  }
  return {from_zero && low >= 0 ? std::max(low - room, 0.0) : low - room, high + room, whole};
}

/// A number on an axis and its label.
struct Tick {
  double value = 0;
  std::string label;
};

namespace detail {

/// `multiple` * 10^`power`, rounded but once where 10^|power| is exact: 3 * 10^-1 is the 0.3 of the compiler.
inline double decimal(double multiple, int power) {
  return power < 0 ? multiple / std::pow(10.0, -power) : multiple * std::pow(10.0, power);
}

/// "1.5e-6": as many digits as a multiple of 10^`power` has, but no zeros at their end.
inline std::string scientific(double value, int power) {
  if (value == 0) {
    return "0";
  }
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  const std::string text = fmt::format("{:.{}e}", value, std::max(0, magnitude - power));
  const std::size_t split = text.find('e');
  std::string digits = text.substr(0, split);
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') {
      digits.pop_back();
    }
  }
  return fmt::format("{}e{}", digits, std::atoi(text.c_str() + split + 1));
}

}  // namespace detail

/// At most `most` numbers from `low` to `high`: the multiples of the smallest distance that serves, which is 1, 2 or 5
/// times a power of ten, and a whole number when `whole`. Labels have equally many decimals ("0.5", "1.0"); when that
/// takes more than seven letters and the other way takes fewer, they read "1.5e-6". A small `most` may leave one or
/// none. Throws Error unless `most` is at least 1, and low < high lie within +-1e300 and differ in their first twelve
/// digits.
inline std::vector<Tick> nice_ticks(double low, double high, int most, bool whole = false) {
  const double largest = std::max(std::abs(low), std::abs(high));
  core::require(largest <= 1e300 && high - low >= std::max(1e-12 * largest, 1e-290),
                "nice_ticks: needs numbers with low < high that differ in their first twelve digits, but got {} and {}",
                low, high);
  core::require(most >= 1, "nice_ticks: at least one tick must be allowed, but got {}", most);

  constexpr int digits[] = {1, 2, 5};
  constexpr double slack = 1e-6;  // an end that is a millionth of a distance away counts as met
  const int smallest = static_cast<int>(std::floor(std::log10(high / most - low / most))) - 1;  // too small: at least
  const int begin = whole ? std::max(smallest, 0) : smallest;                                   // 9 * most numbers
  for (int i = 0;; ++i) {
    const int digit = digits[i % 3];
    const int power = begin + i / 3;
    const double distance = detail::decimal(digit, power);
    const double first = std::ceil(low / distance - slack);
    const double last = std::floor(high / distance + slack);
    if (last - first + 1 > most) {
      continue;
    }
    std::vector<Tick> ticks;
    std::vector<Tick> shorter;
    std::size_t length = 0, shorter_length = 0;
    for (double step = first; step <= last; ++step) {
      const double value = detail::decimal(step * digit, power) + 0.0;  // + 0.0: never -0
      ticks.push_back({value, fmt::format("{:.{}f}", value, std::max(0, -power))});
      shorter.push_back({value, detail::scientific(value, power)});
      length = std::max(length, ticks.back().label.size());
      shorter_length = std::max(shorter_length, shorter.back().label.size());
    }
    return length > 7 && shorter_length < length ? shorter : ticks;
  }
}

/// At most `most` numbers for an axis on which equal distances are equal factors, from 10^`low` to 10^`high`: 1, 2 and
/// 5 times the powers of ten, or these powers alone, or every second or third of them; where that leaves less than two,
/// the numbers of `nice_ticks`. Labels from 0.001 to 1000 are written out, others read "5e-5". Throws Error unless
/// `most` is at least 1 and low < high lie within +-200.
inline std::vector<Tick> log_ticks(double low, double high, int most) {
  core::require(low < high && low >= -200 && high <= 200,
                "log_ticks: needs powers with low < high between -200 and 200, but got {} and {}", low, high);
  core::require(most >= 1, "log_ticks: at least one tick must be allowed, but got {}", most);

  constexpr double slack = 1e-9;
  const auto ticks_of = [&](int every, std::initializer_list<int> digits) {
    std::vector<Tick> ticks;
    for (int power = static_cast<int>(std::floor(low)); power <= high + slack; ++power) {
      for (const int digit : digits) {
        const double place = power + std::log10(digit);
        if (power % every == 0 && place >= low - slack && place <= high + slack) {
          const double value = detail::decimal(digit, power);
          const bool is_short = power >= -3 && power <= 3 && value <= 1000;
          ticks.push_back({value, is_short ? fmt::format("{:g}", value) : detail::scientific(value, power)});
        }
      }
    }
    return ticks;
  };
  std::vector<Tick> ticks = ticks_of(1, {1, 2, 5});
  if (ticks.size() < 2) {
    return nice_ticks(std::pow(10.0, low), std::pow(10.0, high), most);
  }
  for (int every = 1; static_cast<int>(ticks.size()) > most && every <= 400; ++every) {
    ticks = ticks_of(every, {1});
  }
  return ticks;
}

}  // namespace hearth::chart
