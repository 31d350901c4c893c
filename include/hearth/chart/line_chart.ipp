#pragma once

#include <hearth/chart/line_chart.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/chart_panel.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

HEARTH_INLINE Image draw_charts(std::span<const Axes> panels, image::Size size) {
  core::require(!panels.empty(), "draw_charts: there is nothing to draw: at least one diagram is needed");
  const int count = static_cast<int>(panels.size());
  core::require(size.height >= 150 && size.width / count >= 200,
                "draw_charts: a diagram needs at least 200 x 150 pixels, but {} in {} x {} have {} x {} each", count,
                size.width, size.height, size.width / count, size.height);
  Canvas canvas(size);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    const Axes& axes = panels[static_cast<std::size_t>(i)];
    std::vector<Color> colors;
    for (const Series& series : axes.series) {
      core::require(series.x.size() == series.y.size(), "draw_charts: the curve \"{}\" has {} x values but {} y values",
                    series.name, series.x.size(), series.y.size());
      auto known = series.name.empty() ? names.end() : std::find(names.begin(), names.end(), series.name);
      known = known == names.end() ? names.insert(known, series.name) : known;
      colors.push_back(chart_colors[static_cast<std::size_t>(known - names.begin()) % chart_colors.size()]);
    }
    const int left = size.width * i / count;
    ChartPanel(canvas, {0, left, size.height, size.width * (i + 1) / count - left}, axes, colors).draw();
  }
  return std::move(canvas).image();
}

}  // namespace hearth::chart
