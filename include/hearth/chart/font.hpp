/// Text as anti-aliased ink: the lettering of the images that the library draws.
///
/// Text is UTF-8, in one line, from left to right. The font has the Latin letters with their accents (Vietnamese and
/// most African languages among them), the Greek and Cyrillic ones, punctuation, arrows and the usual symbols. A letter
/// and the marks that follow it are set as one. Bytes that are no UTF-8 show as U+FFFD, control characters but for
/// spaces and line ends, and what the font lacks (Chinese, say, Arabic, or emoji), as a box with the character's code
/// in it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::chart {

/// How high a capital letter is, and a small one without a stem, in ems. Letters reach `descent` below the base line.
inline constexpr double cap_height = 0.69;
inline constexpr double x_height = 0.53;
inline constexpr double descent = 0.22;

/// How many pixels wide a line of text is. Throws Error when the size is not from 1 to 1000.
double text_width(std::string_view text, double size);

/// The text, or as much of its beginning as fits into `width` pixels with "…" behind it; "…" when nothing fits.
std::string fitting_text(std::string_view text, double size, double width);

/// The text, or as much of its beginning and its end as fits into `width` pixels with "…" between them.
std::string shortened_text(std::string_view text, double size, double width);

/// The texts, each as long as fits into `width` pixels, such that those that differ still do: of all that look the same
/// when they are shortened in the middle, another part is left out, or their number (from 0) is written behind them.
std::vector<std::string> shortened_texts(std::span<const std::string> texts, double size, double width);

/// The text in lines of at most `width` pixels, broken at its spaces, and elsewhere where a word is longer. The last of
/// `most` lines, which are at least 1, is cut as `shortened_text` does it.
std::vector<std::string> wrapped_text(std::string_view text, double size, double width, int most);

/// The characters of the text that show as boxes, each once, in the order in which they appear.
std::u32string missing_characters(std::string_view text);

/// A sentence such as "2 characters of these names are not in the font and show as boxes with their codes: U+9EBA,
/// U+1F35C." about what `missing_characters` finds in the texts; empty when that is nothing. `what` is what the
/// sentence calls the texts.
std::string missing_note(std::span<const std::string> texts, std::string_view what = "these names");

/// Calls `ink(column, row, share)` for the pixels that a line of text covers, with the share that it covers, in (0, 1].
/// The text starts at column `start`, which need not be whole; rows count down from the base line, so that the pixels
/// of an `E` have the rows -1, -2 and so on. `size` is the em in pixels. Throws Error when the size is not from 1 to
/// 1000.
void draw_text(std::string_view text, double size, double start, const std::function<void(int, int, double)>& ink);

}  // namespace hearth::chart

#ifndef HEARTH_COMPILED
#include <hearth/chart/font.ipp>
#endif
