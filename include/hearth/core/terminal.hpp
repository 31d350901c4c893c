/// What progress on a terminal is made of: a line that is written over, a bar, a duration.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// "0:07", "12:34" or "3:21:09".
std::string format_duration(double seconds);

/// A bar of `width` characters, of which done / total are bold. `done` is at most `total`, which is at least 1.
std::string format_bar(std::uint64_t done, std::uint64_t total, std::uint64_t width = 20);

/// Whether somebody watches the stream, rather than that it goes to a file or a pipe.
bool is_terminal(std::FILE* stream);

/// The columns of the terminal that the stream goes to, as it is now; without one the variable COLUMNS, or 80. Cheap
/// enough for every line.
int terminal_width(std::FILE* stream);

/// The beginning of a text of one line that fits into `columns`, each character of UTF-8 being one wide.
std::string_view fit_columns(std::string_view text, int columns);

/// Writes the text to the stream, at once. Never throws and never ends the program: a stream that cannot be written to
/// (a full disk, a reader or a terminal that has gone) is none of a training's business. Of stdout and stderr the first
/// failure is remembered, for Console::finish.
void show(std::FILE* stream, std::string_view text) noexcept;

/// Whether `show` leaves stdout alone: in a process beside another one that shows the same.
void silence_stdout(bool is_silent) noexcept;

/// Puts as much of the text as fits in the place of the terminal's last line, by way of `show`.
void rewrite_line(std::FILE* stream, std::string_view text);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/terminal.ipp>
#endif
