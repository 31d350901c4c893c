/// Memory that is read soon, asked for while something else is done.
#pragma once

#include <cstddef>

namespace hearth::core {

/// Asks for `size` bytes from `data` on, at most four kilobytes of them: the processor goes on fetching what follows
/// each other by itself, but where it begins is known to the program alone.
inline void fetch_ahead(const void* data, std::size_t size) noexcept {
#if defined(__GNUC__)
  constexpr std::size_t line = 64;
  constexpr std::size_t most = 4096;
  const auto* const bytes = static_cast<const char*>(data);
  for (std::size_t at = 0; at < (size < most ? size : most); at += line) {
    __builtin_prefetch(bytes + at);
  }
  // GCC 12 takes a function that only fetches for one without an effect, and leaves out its calls.
  asm volatile("" : : "r"(bytes));
#else
  static_cast<void>(data);
  static_cast<void>(size);
#endif
}

}  // namespace hearth::core
