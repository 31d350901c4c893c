#pragma once

#include <hearth/chart/matrix.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <hearth/chart/canvas.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

HEARTH_INLINE Image draw_matrix(const Matrix& matrix) {
  const std::size_t classes = matrix.names.size();
  core::require(classes >= 1 && classes <= 2000, "draw_matrix: needs from 1 to 2000 classes, but got {}", classes);
  core::require(matrix.counts.size() == classes * classes,
                "draw_matrix: {} classes need {} x {} counts, but there are {}", classes, classes, classes,
                matrix.counts.size());
  const int count = static_cast<int>(classes);
  const int cell = std::max(8, 440 / count);
  Canvas canvas({cell * count + 200, cell * count + 200});
  for (int row = 0; row < count; ++row) {
    const auto* const counts = &matrix.counts[static_cast<std::size_t>(row) * classes];
    double total = 0;
    for (int column = 0; column < count; ++column) {
      core::require(counts[column] >= 0, "draw_matrix: a count is not negative, but row {}, column {} has {}", row,
                    column, counts[column]);
      total += static_cast<double>(counts[column]);
    }
    canvas.text({170, 40 + cell * (row + 0.8)}, fitting_text(matrix.names[static_cast<std::size_t>(row)], 10, 150),
                {.size = 10, .align = Align::end});
    for (int column = 0; column < count; ++column) {
      const double share = total > 0 ? static_cast<double>(counts[column]) / total : 0;
      const auto shade = static_cast<std::uint8_t>(255 - 255 * share);
      canvas.fill({40 + cell * row, 180 + cell * column, cell, cell}, {shade, shade, 255});
    }
  }
  canvas.text({20, 24}, matrix.title, {.size = 18});
  return std::move(canvas).image();
}

}  // namespace hearth::chart
