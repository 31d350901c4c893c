#pragma once

#include <hearth/core/printable.hpp>

#include <fmt/format.h>

#include <cstdint>

namespace hearth::core {

namespace detail {

/// How many bytes the UTF-8 character at the beginning of the text has (Unicode 15, table 3-7); 0 where there is none.
inline std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0; };
  const auto is_between = [&](std::size_t i, int low, int high) { return byte(i) >= low && byte(i) <= high; };
  const int first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return is_between(1, 0x80, 0xBF) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const int low = first == 0xE0 ? 0xA0 : 0x80;
    const int high = first == 0xED ? 0x9F : 0xBF;
    return is_between(1, low, high) && is_between(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const int low = first == 0xF0 ? 0x90 : 0x80;
    const int high = first == 0xF4 ? 0x8F : 0xBF;
    return is_between(1, low, high) && is_between(2, 0x80, 0xBF) && is_between(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace detail

HEARTH_INLINE std::string printable(std::string_view text, std::size_t most) {
  std::string shown;
  for (std::size_t place = 0; place < text.size();) {
    const std::string_view rest = text.substr(place);
    const auto byte = static_cast<std::uint8_t>(rest[0]);
    const std::size_t length = detail::utf8_length(rest);
    const bool is_control =
        byte < 0x20 || byte == 0x7F || (length == 2 && byte == 0xC2 && static_cast<std::uint8_t>(rest[1]) < 0xA0);
    if (place + (length == 0 ? 1 : length) > most) {
      return shown + "...";
    }
    if (length > 0 && !is_control) {
      shown += rest.substr(0, length);
    } else if (byte == '\n' || byte == '\r' || byte == '\t') {
      shown += byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : "\\t";
    } else {
      for (const char each : rest.substr(0, length == 0 ? 1 : length)) {
        shown += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(each));
      }
    }
    place += length == 0 ? 1 : length;
  }
  return shown;
}

}  // namespace hearth::core
