/// What progress on a terminal is made of: a line that is written over, a bar, a duration.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace hearth::core {

/// "0:07", "12:34" or "3:21:09".
inline std::string format_duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// A bar of 20 characters, of which done / total are bold. `done` is at most `total`, which is at least 1.
inline std::string format_bar(std::uint64_t done, std::uint64_t total) {
  constexpr std::uint64_t width = 20;
  const std::uint64_t filled = width * done / total;
  std::string bar;
  for (std::uint64_t i = 0; i < width; ++i) {
    bar += i < filled ? std::string_view("\u2501") : std::string_view("\u2500");
  }
  return bar;
}

/// Whether somebody watches the stream, rather than that it goes to a file or a pipe.
inline bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1;
}

/// Puts the text in the place of the terminal's last line.
inline void rewrite_line(std::FILE* stream, std::string_view text) {
  fmt::print(stream, "\r{}\033[K", text);
  std::fflush(stream);
}

}  // namespace hearth::core
