#pragma once

#include <hearth/core/console.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/core/process.hpp>
#include <hearth/core/stream_failure.hpp>
#include <hearth/core/terminal.hpp>

namespace hearth {

HEARTH_INLINE Console::Console() noexcept {
  for (const int stream : {0, 1, 2}) {
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // open gives the lowest number that is free; it cannot be written to, so that print meets a failure as before.
      [[maybe_unused]] const int placeholder = ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
    }
  }
}

HEARTH_INLINE void Console::print_formatted(std::FILE* stream, fmt::string_view text, fmt::format_args args) {
  core::show(stream, fmt::vformat(text, args));
}

HEARTH_INLINE void Console::silence(bool is_silent) noexcept {
  core::silence_stdout(is_silent);
}

HEARTH_INLINE int Console::finish(int exit_code) const noexcept {
  const core::NoPipeSignal scope;
  errno = 0;
  if (std::ferror(stdout) != 0 || std::fflush(stdout) != 0) {
    core::remember_failure(stdout, errno);
  }
  const int failure = core::detail::stdout_failure;
  if (failure == 0) {
    return exit_code;
  }
  // What is left in the stream's memory would be written at the program's end, with the signal that is held back here.
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) {
    ::dup2(nowhere, ::fileno(stdout));
    ::close(nowhere);
  }
  try {
    print_error("{}: the output could not be written: {}\n", core::program_name(),
                std::generic_category().message(failure));
  } catch (...) {
    // No memory for the sentence; the exit code tells.
  }
  return exit_code == 0 ? 1 : exit_code;
}

}  // namespace hearth
