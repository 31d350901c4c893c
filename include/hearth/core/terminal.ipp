#pragma once

#include <hearth/core/terminal.hpp>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>

#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/core/stream_failure.hpp>

namespace hearth::core {

namespace detail {
inline std::atomic<bool> is_stdout_silent{false};
}  // namespace detail

HEARTH_INLINE std::string format_duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

HEARTH_INLINE std::string format_bar(std::uint64_t done, std::uint64_t total, std::uint64_t width) {
  const std::uint64_t filled = width * done / total;
  std::string bar;
  for (std::uint64_t i = 0; i < width; ++i) {
    bar += i < filled ? "\u2501" : "\u2500";
  }
  return bar;
}

HEARTH_INLINE bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1;
}

HEARTH_INLINE int terminal_width(std::FILE* stream) {
  struct winsize size {};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  int columns = 0;
  if (const char* const text = std::getenv("COLUMNS"); text != nullptr) {
    const std::string_view digits = text;
    std::from_chars(digits.data(), digits.data() + digits.size(), columns);
  }
  return columns > 0 ? columns : 80;
}

HEARTH_INLINE std::string_view fit_columns(std::string_view text, int columns) {
  std::size_t end = 0;
  for (int used = 0; end < text.size(); ++end) {
    const bool is_start = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;  // of a character
    if (is_start && ++used > columns) {
      break;
    }
  }
  return text.substr(0, end);
}

HEARTH_INLINE void silence_stdout(bool is_silent) noexcept {
  detail::is_stdout_silent = is_silent;
}

HEARTH_INLINE void show(std::FILE* stream, std::string_view text) noexcept {
  if (stream == stdout && detail::is_stdout_silent) {
    return;
  }
  const NoPipeSignal scope;
  const int errno_before = errno;
  errno = 0;
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (std::fflush(stream) != 0 || !is_written) {
    remember_failure(stream, errno);
    std::clearerr(stream);
  }
  errno = errno_before;
}

HEARTH_INLINE void rewrite_line(std::FILE* stream, std::string_view text) {
  // Not the last column: there some terminals go on to the next line.
  show(stream, fmt::format("\r{}\033[K", fit_columns(text, terminal_width(stream) - 1)));
}

}  // namespace hearth::core
