#pragma once

#include <hearth/chart/line_chart.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/chart_panel.hpp>
#include <hearth/chart/curve_style.hpp>
#include <hearth/chart/legend.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

namespace detail {

/// Whether the diagrams have the same curves, so that one legend serves them all.
inline bool share_names(std::span<const Axes> panels) {
  return std::all_of(panels.begin(), panels.end(), [&](const Axes& axes) {
    return std::equal(axes.series.begin(), axes.series.end(), panels[0].series.begin(), panels[0].series.end(),
                      [](const Series& a, const Series& b) { return a.name == b.name && a.width == b.width; });
  });
}

}  // namespace detail

HEARTH_INLINE Image draw_charts(std::span<const Axes> panels, image::Size size) {
  core::require(!panels.empty(), "draw_charts: there is nothing to draw: at least one diagram is needed");
  const int count = static_cast<int>(panels.size());
  core::require(size.height >= 150 && size.width / count >= 200,
                "draw_charts: a diagram needs at least 200 x 150 pixels, but {} in {} x {} have {} x {} each", count,
                size.width, size.height, size.width / count, size.height);
  Canvas canvas(size);
  std::vector<std::string> names;
  std::vector<std::vector<CurveStyle>> styles;
  for (const Axes& axes : panels) {
    std::vector<CurveStyle>& looks = styles.emplace_back();
    for (const Series& series : axes.series) {
      core::require(series.x.size() == series.y.size(), "draw_charts: the curve \"{}\" has {} x values but {} y values",
                    series.name, series.x.size(), series.y.size());
      auto known = series.name.empty() ? names.end() : std::find(names.begin(), names.end(), series.name);
      known = known == names.end() ? names.insert(known, series.name) : known;
      looks.push_back(curve_style(static_cast<std::size_t>(known - names.begin())));
    }
  }

  // Where the same names would take several rows in each diagram, they stand once, below all of them.
  const auto place_of = [&](int i, int height) {
    const int left = size.width * i / count;
    return image::Rect{0, left, height, size.width * (i + 1) / count - left};
  };
  int height = size.height;
  const double scale = ChartPanel::scale_of(place_of(0, height));
  const bool is_shared = count > 1 && detail::share_names(panels) &&
                         ChartPanel(canvas, place_of(0, height), panels[0], styles[0], scale).legend().rows() > 2;
  if (is_shared) {
    const double margin = 18 * scale;
    const Legend legend =
        ChartPanel::legend_of(panels[0], styles[0], size.width - 2 * margin, 0.4 * size.height, scale);
    height -= static_cast<int>(legend.height() + 12 * scale);
    legend.draw(canvas, {margin, double{1} * height});
  }
  for (int i = 0; i < count; ++i) {
    const auto panel = static_cast<std::size_t>(i);
    ChartPanel(canvas, place_of(i, height), panels[panel], styles[panel], scale).draw(!is_shared);
  }
  return std::move(canvas).image();
}

}  // namespace hearth::chart
