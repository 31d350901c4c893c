/// What a run shows on a terminal, and that it goes on when nobody can see it any more.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// Writes the text and flushes it. Nothing happens when that fails: the stream is closed, its disk is full, its
/// terminal is gone.
void show(std::FILE* stream, std::string_view text);

/// Puts the text in the place of the terminal's last line; as `show` in the rest.
void show_over(std::FILE* stream, std::string_view text);

/// How many columns the stream's terminal has now; 80 when it does not say.
std::size_t columns_of(std::FILE* stream);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/display.ipp>
#endif
