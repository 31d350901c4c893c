#pragma once

#include <hearth/train/display.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

namespace hearth::train {

HEARTH_INLINE void show(std::FILE* stream, std::string_view text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stream));
  static_cast<void>(std::fflush(stream));
}

HEARTH_INLINE void show_over(std::FILE* stream, std::string_view text) {
  show(stream, "\r" + std::string(text) + "\033[K");
}

HEARTH_INLINE std::size_t columns_of(std::FILE* stream) {
  winsize size{};
  const bool knows = ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return knows ? size.ws_col : 80;
}

}  // namespace hearth::train
