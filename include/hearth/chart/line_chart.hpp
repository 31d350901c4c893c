/// Curves, such as a training's loss and accuracy over its epochs, drawn as a picture that is read at a glance.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/chart_panel.hpp>
#include <hearth/core/error.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// The colours of curves, which colour-blind readers tell apart too: those of Okabe and Ito, "Color Universal Design"
/// (2008), without the yellow that is lost on white.
inline constexpr std::array<Color, 7> chart_colors{{
    {0, 114, 178},    // blue
    {213, 94, 0},     // vermillion
    {0, 158, 115},    // bluish green
    {204, 121, 167},  // reddish purple
    {230, 159, 0},    // orange
    {86, 180, 233},   // sky blue
    {70, 70, 70},     // grey, for black
}};

/// Draws the diagrams side by side on white: title, legend, grid, numbers and labels, and the curves, with a mark at
/// each point while there are few. An axis reaches over all finite values of its diagram; x has whole numbers alone
/// when all its values are whole, as epochs are. A curve's colour follows from its name: "val" looks the same in every
/// diagram. Texts, lines and marks grow with the picture.
/// Throws Error when there is no diagram, when one has less than 200 x 150 pixels, or when a curve's x and y differ in
/// length.
inline Image draw_charts(std::span<const Axes> panels, image::Size size = {480, 1200}) {
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
      auto known = series.name.empty() ? names.end() : std::ranges::find(names, series.name);
      known = known == names.end() ? names.insert(known, series.name) : known;
      colors.push_back(chart_colors[static_cast<std::size_t>(known - names.begin()) % chart_colors.size()]);
    }
    const int left = size.width * i / count;
    ChartPanel(canvas, {0, left, size.height, size.width * (i + 1) / count - left}, axes, colors).draw();
  }
  return std::move(canvas).image();
}

}  // namespace hearth::chart
