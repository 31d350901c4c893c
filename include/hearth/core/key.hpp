/// The keys by which the parts of a value are found.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// What a dict's values are found by, and a list's: a text or an integer.
class Key {
 public:
  template <std::integral T>
  Key(T number) : data_(static_cast<std::int64_t>(number)) {}
  Key(std::string text) : data_(std::move(text)) {}
  Key(std::string_view text) : data_(std::string(text)) {}
  Key(const char* text) : data_(std::string(text)) {}

  /// The text, or null when the key is an integer.
  const std::string* text() const noexcept { return std::get_if<std::string>(&data_); }
  /// The integer, or null when the key is a text.
  const std::int64_t* number() const noexcept { return std::get_if<std::int64_t>(&data_); }

  // Not <=>: the variants of libc++ 14 have none.
  friend bool operator<(const Key& a, const Key& b) { return a.data_ < b.data_; }
  friend bool operator==(const Key& a, const Key& b) = default;

 private:
  std::variant<std::int64_t, std::string> data_;
};

/// For sentences: `epoch`, `0`; a long text shortened, and no control characters.
std::string to_string(const Key& key);

/// For sentences, the path to what the key finds in what `path` leads to: `state/0`; the key alone where `path` is
/// empty.
std::string join_keys(std::string_view path, const Key& key);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/key.ipp>
#endif
