#pragma once

#include <hearth/core/csv.hpp>

#include <cstddef>
#include <utility>

namespace hearth::core {

HEARTH_INLINE std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char letter : text) {
    quoted.append(letter == '"' ? 2 : 1, letter);
  }
  return quoted + '"';
}

HEARTH_INLINE std::vector<std::vector<std::string>> read_csv(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string> fields;
  std::string field;
  bool is_quoted = false;
  const auto end_field = [&] { fields.push_back(std::exchange(field, {})); };
  const auto end_line = [&] {
    end_field();
    lines.push_back(std::exchange(fields, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (is_quoted && letter == '"' && next == '"') {
      field += letter;
      ++i;
    } else if (letter == '"') {
      is_quoted = !is_quoted;
    } else if (is_quoted) {
      field += letter;
    } else if (letter == ',') {
      end_field();
    } else if (letter == '\n') {
      end_line();
    } else if (letter != '\r' || next != '\n') {
      field += letter;
    }
  }
  if (!field.empty() || !fields.empty()) {
    end_line();
  }
  return lines;
}

}  // namespace hearth::core
