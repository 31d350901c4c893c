/// How curves look, so that each is told from the others, without colours too.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>

namespace hearth::chart {

/// The shapes of the marks on curves.
enum class MarkShape { disc, square, triangle, diamond, cross, ring, falling_triangle };

/// A curve's colour, the shape of its marks, and its dashes.
struct CurveStyle {
  Color color{};
  MarkShape mark = MarkShape::disc;
  int dashes = 0;  ///< 0: none, 1: long ones, 2: short ones
};

/// The look of a diagram's curve number `index`: the first seven differ in colour and in mark, the next ones are
/// dashed.
inline CurveStyle curve_style(std::size_t index) {
  const std::size_t count = chart_colors.size();
  return {chart_colors[index % count], static_cast<MarkShape>(index % count), static_cast<int>(index / count % 3)};
}

/// Draws a curve, `width` pixels wide.
inline void draw_line(Canvas& canvas, std::span<const Point> points, double width, const CurveStyle& style) {
  if (style.dashes == 0) {
    canvas.polyline(points, width, style.color);
  } else {
    const double on = style.dashes == 1 ? 4 : 0.5;
    canvas.polyline(dashed(points, on * width, 3 * width), width, style.color);
  }
}

/// Draws a mark that covers as much as a disc of this radius, in pixels.
inline void draw_mark(Canvas& canvas, Point centre, double radius, const CurveStyle& style) {
  const auto corners = [&](int count, double from_top, double reach) {
    std::vector<Point> points;
    for (int i = 0; i < count; ++i) {
      const double angle = 2 * std::numbers::pi * (i + from_top) / count;
      points.push_back({centre.x + reach * radius * std::sin(angle), centre.y - reach * radius * std::cos(angle)});
    }
    canvas.polygon(points, style.color);
  };
  if (!(std::abs(centre.x) < 1e7 && std::abs(centre.y) < 1e7)) {
    return;
  }
  switch (style.mark) {
    case MarkShape::disc:
      canvas.disc(centre, radius, style.color);
      break;
    case MarkShape::square:
      corners(4, 0.5, 1.32);
      break;
    case MarkShape::triangle:
      corners(3, 0, 1.5);
      break;
    case MarkShape::diamond:
      corners(4, 0, 1.38);
      break;
    case MarkShape::falling_triangle:
      corners(3, 0.5, 1.5);
      break;
    case MarkShape::ring:
      canvas.disc(centre, 1.3 * radius, style.color);
      canvas.disc(centre, 0.7 * radius, white);
      break;
    case MarkShape::cross: {
      const double arm = 0.95 * radius;
      const std::array<Point, 5> strokes{{{centre.x - arm, centre.y - arm},
                                          {centre.x + arm, centre.y + arm},
                                          {NAN, NAN},
                                          {centre.x - arm, centre.y + arm},
                                          {centre.x + arm, centre.y - arm}}};
      canvas.polyline(strokes, 0.65 * radius, style.color);
      break;
    }
  }
}

}  // namespace hearth::chart
