/// The characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hearth::chart {

/// What stands for bytes that are no UTF-8: Unicode's replacement character.
inline constexpr char32_t replacement_character = 0xFFFD;

/// The character that begins at `place`, which is within the text; moves `place` behind it. What is no UTF-8 counts as
/// Python's decode("utf-8", "replace") does it (Unicode 15, section 3.9): each piece that begins like a character and
/// does not go on like one is a single `replacement_character`.
inline char32_t next_character(std::string_view text, std::size_t& place) noexcept {
  const auto byte = [&] { return place < text.size() ? static_cast<std::uint8_t>(text[place]) : std::uint8_t{0}; };
  const std::uint8_t first = byte();
  ++place;
  if (first < 0x80) {
    return first;
  }
  if (first < 0xC2 || first > 0xF4) {
    return replacement_character;
  }
  const int following = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  char32_t code = first & (0x3F >> following);
  // The second byte is limited further: no longer form than needed, no surrogates, nothing beyond U+10FFFF.
  std::uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  std::uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (int i = 0; i < following; ++i, low = 0x80, high = 0xBF) {
    if (byte() < low || byte() > high) {
      return replacement_character;
    }
    code = code << 6 | (byte() & 0x3F);
    ++place;
  }
  return code;
}

}  // namespace hearth::chart
