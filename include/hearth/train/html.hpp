/// What a page of HTML is made of: texts and pictures of others, safe to stand in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <hearth/chart/utf8.hpp>

namespace hearth::train {

/// The text for HTML5, in an element or in an attribute's quotes. Bytes that are no UTF-8, and characters that a page
/// must not have (control characters and noncharacters), become U+FFFD.
inline std::string html_text(std::string_view text) {
  constexpr std::string_view replacement = "\uFFFD";
  std::string html;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t begin = place;
    const char32_t letter = chart::next_character(text, place);
    const bool is_control = (letter < 0x20 && letter != '\n' && letter != '\t') || (letter >= 0x7F && letter < 0xA0);
    const bool is_none = (letter & 0xFFFE) == 0xFFFE || (letter >= 0xFDD0 && letter <= 0xFDEF);
    switch (letter) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '\r':
        html += text.substr(place, 1) == "\n" ? "" : "\n";
        break;
      default:
        html += is_control || is_none || letter == chart::replacement_character ? replacement
                                                                                : text.substr(begin, place - begin);
    }
  }
  return html;
}

/// RFC 4648, with padding.
inline std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes = bytes.subspan(bytes.size() < 3 ? bytes.size() : 3)) {
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<std::uint32_t>(bytes[i]) : 0U; };
    const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= bytes.size() ? digits[three >> (18 - 6 * i) & 0x3F] : '=';
    }
  }
  return text;
}

}  // namespace hearth::train
