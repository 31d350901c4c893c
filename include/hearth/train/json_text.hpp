/// Values as JSON has them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hearth/chart/utf8.hpp>
#include <hearth/train/setting.hpp>

namespace hearth::train {

/// A text in quotes. JSON is UTF-8: what is none in the text becomes Unicode's replacement character.
inline std::string json_text(std::string_view text) {
  std::string json = "\"";
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t begin = place;
    const char32_t letter = chart::next_character(text, place);
    if (letter == U'"' || letter == U'\\') {
      json += '\\';
      json += static_cast<char>(letter);
    } else if (letter < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
    } else if (letter == chart::replacement_character) {
      json += "\\ufffd";
    } else {
      json += text.substr(begin, place - begin);
    }
  }
  return json + "\"";
}

/// A number in the shortest form that reads back as the same double; null where it is not finite.
inline std::string json_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
}

/// A setting's value.
inline std::string json_value(const Setting& setting) {
  struct Write {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(double value) const { return json_number(value); }
    std::string operator()(const std::string& value) const { return json_text(value); }
  };
  return std::visit(Write(), setting.value);
}

/// The settings as an object on one line.
inline std::string json_object(const std::vector<Setting>& settings) {
  std::string json;
  for (const Setting& setting : settings) {
    json += fmt::format("{}{}: {}", json.empty() ? "" : ", ", json_text(setting.name), json_value(setting));
  }
  return "{" + json + "}";
}

}  // namespace hearth::train
