#pragma once

#include <hearth/chart/reliability.hpp>

#include <cstddef>
#include <utility>

#include <hearth/chart/canvas.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

HEARTH_INLINE Image draw_reliability(std::span<const ReliabilityBin> bins, double, image::Size size) {
  core::require(!bins.empty() && bins.size() <= 100, "draw_reliability: needs from 1 to 100 bins, but got {}",
                bins.size());
  Canvas canvas(size);
  const double width = (size.width - 40.0) / static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const int height = static_cast<int>(bins[i].accuracy * (size.height - 40));
    canvas.fill({size.height - 20 - height, static_cast<int>(20 + width * static_cast<double>(i)), height,
                 static_cast<int>(width)},
                chart_colors[0]);
  }
  return std::move(canvas).image();
}

}  // namespace hearth::chart
