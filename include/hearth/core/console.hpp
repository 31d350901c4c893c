/// What a program prints: lines that cannot end a run, and one sentence at the end when nobody could read them.
#pragma once

#if __has_include(<fmt/base.h>)
#include <fmt/base.h>
#else
#include <fmt/core.h>
#endif

#include <cstdio>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The standard streams of a program that trains for hours. Make one first in main, before any file is opened:
///
///     int main() {
///       const Console console;
///       Console::print("epoch {}: {:.4f}\n", 3, 0.25);
///       return console.finish(0);
///     }
///
/// fmt::print throws when stdout or stderr cannot be written to (`> /dev/full`, a log on a full disk, a terminal that
/// has gone), and a pipe without a reader ends the program by SIGPIPE. What Console prints, and what ProgressBar and
/// other parts of the library show, does neither: the run goes on without its display.
class Console {
 public:
  /// Where the program was started with one of the standard streams closed (`2>&-`), keeps that closed: no file that is
  /// opened later gets its number, and with it what is printed.
  Console() noexcept;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Prints to stdout, at once.
  template <class... Args>
  static void print(fmt::format_string<Args...> text, Args&&... args) {
    print_formatted(stdout, text, fmt::make_format_args(args...));
  }

  /// Prints to stderr, at once.
  template <class... Args>
  static void print_error(fmt::format_string<Args...> text, Args&&... args) {
    print_formatted(stderr, text, fmt::make_format_args(args...));
  }

  /// From now on, or no more, nothing that Console and other parts of the library print to stdout is shown: of several
  /// processes that do the same, one shows it. stderr stays as it is.
  static void silence(bool is_silent = true) noexcept;

  /// What main returns: `exit_code`; but when something that went to stdout is lost, whoever printed it, says so once
  /// on stderr, and gives 1 instead of 0. Prints nothing more to stdout.
  int finish(int exit_code) const noexcept;

 private:
  static void print_formatted(std::FILE* stream, fmt::string_view text, fmt::format_args args);
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/console.ipp>
#endif
