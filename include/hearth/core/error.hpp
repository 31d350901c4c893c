/// The one exception type of the library, and the two ways to throw it.
#pragma once

#include <fmt/format.h>

#include <stdexcept>

#include <hearth/core/inline.hpp>

namespace hearth {

/// What every part of the library throws: a sentence that names the component, the rule, the value that was met and,
/// where there is one, the way out. `RandomResizedCrop: size must be at least 1, but got 0`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hearth

namespace hearth::core {

/// Throws Error with the formatted sentence. It does the work of `fail` for every type of argument, so that a call of
/// `fail` or `require` adds little to a program.
[[noreturn]] void fail_formatted(fmt::string_view sentence, fmt::format_args args);

/// Throws Error with the formatted sentence.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> sentence, Args&&... args) {
  fail_formatted(sentence, fmt::make_format_args(args...));
}

/// Throws Error with the formatted sentence unless `condition` holds.
template <class... Args>
void require(bool condition, fmt::format_string<Args...> sentence, Args&&... args) {
  if (!condition) [[unlikely]] {
    fail_formatted(sentence, fmt::make_format_args(args...));
  }
}

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/error.ipp>
#endif
