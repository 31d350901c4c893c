#pragma once

#include <hearth/dist/error_file.hpp>

#include <fmt/format.h>

#include <chrono>
#include <exception>

#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::dist {

HEARTH_INLINE std::string error_file_content(std::string_view sentence, long long time) {
  std::string text;
  bool is_first = true;
  while (!sentence.empty() || is_first) {  // line by line, for `printable` would spell the ends of lines
    const std::size_t end = sentence.find('\n');
    text += is_first ? "" : "\\n";
    for (const char letter : core::printable(sentence.substr(0, end), sentence.size())) {
      text += letter == '"' || letter == '\\' ? "\\" : "";
      text += letter;
    }
    sentence = end == std::string_view::npos ? std::string_view() : sentence.substr(end + 1);
    is_first = false;
  }
  return fmt::format(
      R"({{"message": {{"message": "{0}", "extraInfo": {{"py_callstack": "{0}", "timestamp": "{1}"}}}}}})"
      "\n",
      text, time);
}

HEARTH_INLINE bool write_error_file(std::string_view sentence, const Environment& environment) noexcept {
  try {
    const std::optional<std::string> file = environment("TORCHELASTIC_ERROR_FILE");
    if (!file || file->empty()) {
      return false;
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    core::write_file(*file,
                     error_file_content(sentence, std::chrono::duration_cast<std::chrono::seconds>(now).count()));
    return true;
  } catch (const std::exception&) {
    return false;  // the sentence is on stderr, too
  }
}

}  // namespace hearth::dist
