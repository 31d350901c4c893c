/// A contact sheet: pictures side by side, each with lines of text below it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// What is said of a picture: nothing, or that what was predicted is right or wrong.
enum class Mark { none, right, wrong };

/// A picture (grey or RGB) and what stands below it, in UTF-8.
struct Tile {
  Image picture;
  std::vector<std::string> lines;
  Mark mark = Mark::none;
};

struct SheetOptions {
  std::string title{};
  int columns = 0;  ///< 0: as many as make the sheet look well
  int tile = 160;   ///< the side in pixels of the square that a picture is fitted into, from 48 to 1024
};

/// Draws the tiles on white, row by row. A picture is scaled into its square and keeps its proportions. A line of
/// text that is wider takes two lines, of which the second loses its middle where it is still too long. A wrong one has
/// a thick red frame and a cross, a right one a thin green frame and a tick. A line at the bottom says which characters
/// the font lacks. Throws Error when there is no tile, when a picture has no pixels or neither 1 nor 3 channels, when
/// an option is out of its range, or when the sheet would have more than 2^31 bytes.
Image draw_sheet(std::span<const Tile> tiles, const SheetOptions& options = {});

}  // namespace hearth::chart

#ifndef HEARTH_COMPILED
#include <hearth/chart/sheet.ipp>
#endif
