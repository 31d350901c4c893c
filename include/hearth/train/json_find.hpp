/// A text within a JSON document, such as a server's answer.
#pragma once

#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::train {

namespace detail {

/// Goes through a document once. What is no JSON ends it: then nothing is found.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) : text_(text) {}

  /// The text that stands under these names, one within another.
  std::optional<std::string> find(const std::string_view* names, std::size_t count) {
    if (count == 0) {
      return peek() == '"' ? read_text() : std::nullopt;
    }
    if (!take('{')) {
      return std::nullopt;
    }
    for (bool is_first = true; peek() != '}'; is_first = false) {
      if (!is_first && !take(',')) {
        return std::nullopt;
      }
      const std::optional<std::string> name = read_text();
      if (!name || !take(':')) {
        return std::nullopt;
      }
      if (*name == *names) {
        return find(names + 1, count - 1);
      }
      if (!skip(0)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr int deepest = 100;

  char peek() {
    while (place_ < text_.size() && std::string_view(" \t\r\n").find(text_[place_]) != std::string_view::npos) {
      ++place_;
    }
    return place_ < text_.size() ? text_[place_] : '\0';
  }

  bool take(char letter) {
    const bool is_there = peek() == letter;
    place_ += is_there ? 1 : 0;
    return is_there;
  }

  /// Goes past a value of any kind.
  bool skip(int depth) {
    const char first = peek();
    if (first == '"') {
      return read_text().has_value();
    }
    if (first != '{' && first != '[') {
      const std::size_t begin = place_;
      while (place_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[place_]) == std::string_view::npos) {
        ++place_;
      }
      return place_ > begin;
    }
    const char last = first == '{' ? '}' : ']';
    ++place_;
    for (bool is_first = true; peek() != last; is_first = false) {
      const bool is_fine =
          (is_first || take(',')) && (first == '[' || (read_text() && take(':'))) && depth < deepest && skip(depth + 1);
      if (!is_fine) {
        return false;
      }
    }
    ++place_;
    return true;
  }

  /// A text in quotes. Letters that are written as \uXXXX become '?' beyond ASCII: no name that is looked for has such.
  std::optional<std::string> read_text() {
    if (!take('"')) {
      return std::nullopt;
    }
    std::string read;
    while (place_ < text_.size() && text_[place_] != '"') {
      char letter = text_[place_++];
      if (letter == '\\') {
        letter = place_ < text_.size() ? text_[place_++] : '\0';
        if (letter == 'u') {
          const std::string digits(text_.substr(place_, 4));
          if (digits.size() < 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
            return std::nullopt;
          }
          const int code = std::stoi(digits, nullptr, 16);
          letter = code < 0x80 ? static_cast<char>(code) : '?';
          place_ += 4;
        } else if (constexpr std::string_view from = "nrtbf", to = "\n\r\t\b\f";
                   from.find(letter) != std::string_view::npos) {
          letter = to[from.find(letter)];
        }
      }
      read += letter;
    }
    return take('"') ? std::optional(read) : std::nullopt;
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

}  // namespace detail

/// The text that stands in an object under these names, one within another: `json_find(answer, {"run", "info",
/// "run_id"})`. Empty where there is none, and where the document is no JSON up to there.
inline std::string json_find(std::string_view document, std::initializer_list<std::string_view> names) {
  return detail::JsonWalk(document).find(names.begin(), names.size()).value_or("");
}

}  // namespace hearth::train
