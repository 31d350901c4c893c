#pragma once

#include <hearth/chart/sheet.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <hearth/chart/canvas.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

HEARTH_INLINE Image draw_sheet(std::span<const Tile> tiles, const SheetOptions& options) {
  core::require(!tiles.empty(), "draw_sheet: there is nothing to draw: at least one tile is needed");
  const int columns = options.columns > 0 ? options.columns : std::min(6, static_cast<int>(tiles.size()));
  const int rows = (static_cast<int>(tiles.size()) + columns - 1) / columns;
  const int pitch = options.tile + 20;
  Canvas canvas({40 + rows * (pitch + 60), columns * pitch + 20});
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const double x = 20.0 + static_cast<int>(i) % columns * pitch;
    double y = 40.0 + static_cast<int>(i) / columns * (pitch + 60) + options.tile;
    for (const std::string& line : tiles[i].lines) {
      canvas.text({x, y += 17}, fitting_text(line, 13, options.tile), {.size = 13});
    }
  }
  return std::move(canvas).image();
}

}  // namespace hearth::chart
