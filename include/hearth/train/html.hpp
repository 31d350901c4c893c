/// Texts of others, safe to stand in a page of HTML.
#pragma once

#include <cstddef>
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

}  // namespace hearth::train
