/// One diagram of curves, drawn into a rectangle of a canvas: title, legend, grid, numbers, labels, curves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/chart/axis.hpp>
#include <hearth/chart/canvas.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/chart/series.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// Draws one diagram, from the outside inwards: each part takes its room from what is left. The place is
/// given in whole pixels and is at least about 200 x 150; `colors` has a colour for every curve.
class ChartPanel {
 public:
  ChartPanel(Canvas& canvas, const image::Rect& place, const Axes& axes, const std::vector<Color>& colors)
      : canvas_(canvas),
        axes_(axes),
        colors_(colors),
        scale_(std::clamp(std::min(place.height / 480.0, place.width / 600.0), 0.75, 8.0)),
        left_(place.left + px(18)),
        top_(place.top + px(16)),
        right_(place.left + place.width - px(24)),
        bottom_(place.top + place.height - px(16)) {}

  void draw() {
    draw_title();
    draw_legend();
    draw_axes();
    for (std::size_t i = 0; i < axes_.series.size(); ++i) {
      draw_curve(axes_.series[i], colors_[i]);
    }
  }

 private:
  static constexpr Color ink{34, 34, 34};
  static constexpr Color muted{85, 85, 85};
  static constexpr Color grid{228, 228, 228};
  static constexpr Color frame{140, 140, 140};
  static constexpr double small = 14;
  static constexpr double normal = 15;
  static constexpr double large = 19;

  double px(double length) const noexcept { return length * scale_; }
  double to_x(double value) const noexcept {
    return left_ + (along_x(value) - x_.low) / (x_.high - x_.low) * (right_ - left_);
  }
  double to_y(double value) const noexcept {
    return bottom_ - (value - y_.low) / (y_.high - y_.low) * (bottom_ - top_);
  }
  /// Where a number stands along the axis: on a logarithmic one at its power of ten.
  double along_x(double value) const noexcept { return axes_.log_x ? std::log10(value) : value; }
  bool is_shown(double x, double y) const noexcept { return on_axis(x) && (!axes_.log_x || x > 0) && on_axis(y); }
  double width(std::string_view words, double size) const { return text_width(words, px(size)); }

  void write(Point at, std::string_view words, double size, Color color, Align align, bool upwards = false) {
    canvas_.text(at, words, {.size = px(size), .color = color, .align = align, .upwards = upwards});
  }

  /// A line along the pixels: one pixel wide, two and more on large images.
  void rule(double from_x, double from_y, double to_x, double to_y, Color color) {
    const int thickness = std::max(1, static_cast<int>(scale_));
    const auto whole = [](double v) { return static_cast<int>(std::lround(v)); };
    canvas_.fill({whole(from_y), whole(from_x), whole(to_y) - whole(from_y) + thickness,
                  whole(to_x) - whole(from_x) + thickness},
                 color);
  }

  void draw_title() {
    if (!axes_.title.empty()) {
      top_ += px(large) * cap_height;
      write({left_, top_}, fitting_text(axes_.title, px(large), right_ - left_), large, ink, Align::start);
      top_ += px(12);
    }
  }

  /// The names of the curves, each behind a piece of its curve, in rows that leave half of the height.
  void draw_legend() {
    const double sample = px(26);
    const double gap = px(7);
    const double row = px(23);
    const double lowest = (top_ + bottom_) / 2;
    double x = left_;
    double middle = top_ + row / 2;
    for (std::size_t i = 0; i < axes_.series.size(); ++i) {
      const std::string name = fitting_text(axes_.series[i].name, px(normal), right_ - left_ - sample - gap);
      if (name.empty()) {
        continue;
      }
      const double length = sample + gap + width(name, normal);
      if (x > left_ && x + length > right_) {
        if (middle + 1.5 * row > lowest) {
          write({x - 2 * gap, middle + px(normal) * cap_height / 2}, "...", normal, ink, Align::start);
          break;
        }
        x = left_;
        middle += row;
      }
      const Point line[] = {{x + px(2), middle}, {x + sample, middle}};
      canvas_.polyline(line, px(2.2) * axes_.series[i].width, colors_[i]);
      canvas_.disc({x + px(1) + sample / 2, middle}, px(3.6) * axes_.series[i].width, colors_[i]);
      write({x + sample + gap, middle + px(normal) * cap_height / 2}, name, normal, ink, Align::start);
      x += length + 3 * gap;
    }
    top_ = x > left_ ? middle + row / 2 + px(12) : top_ + px(6);
  }

  /// Labels, numbers and grid; leaves left_, top_, right_ and bottom_ at the edges of the place for the curves.
  void draw_axes() {
    std::vector<double> xs, ys;
    for (const Series& series : axes_.series) {
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        if (is_shown(series.x[i], series.y[i])) {
          xs.push_back(along_x(series.x[i]));
          ys.push_back(series.y[i]);
        }
      }
    }
    x_ = axis_range(xs, 0.025);
    y_ = axis_range(ys, 0.06, true);

    const double label_base = bottom_;
    bottom_ -= axes_.x_label.empty() ? 0 : px(normal) + px(6);
    const double numbers_base = bottom_;
    bottom_ -= px(small) * cap_height + px(9);
    if (!axes_.y_label.empty()) {
      left_ += px(normal) * cap_height;
      write({left_, (top_ + bottom_) / 2}, fitting_text(axes_.y_label, px(normal), bottom_ - top_), normal, muted,
            Align::centre, true);
      left_ += px(12);
    }
    if (!xs.empty()) {
      draw_y_grid();
      draw_x_grid(numbers_base);
    }
    rule(left_, bottom_, right_, bottom_, frame);
    const double centre = (left_ + right_) / 2;
    write({centre, label_base}, fitting_text(axes_.x_label, px(normal), right_ - left_), normal, muted, Align::centre);
    if (xs.empty()) {
      write({centre, (top_ + bottom_) / 2}, "no data", normal, muted, Align::centre);
    }
  }

  void draw_y_grid() {
    const std::vector<Tick> ticks =
        nice_ticks(y_.low, y_.high, std::max(3, static_cast<int>((bottom_ - top_) / px(42))));
    left_ += widest(ticks) + px(8);
    for (const Tick& tick : ticks) {
      rule(left_, to_y(tick.value), right_, to_y(tick.value), grid);
      write({left_ - px(8), to_y(tick.value) + px(small) * cap_height / 2}, tick.label, small, muted, Align::end);
    }
  }

  void draw_x_grid(double numbers_base) {
    for (const Tick& tick : x_ticks()) {
      rule(to_x(tick.value), top_, to_x(tick.value), bottom_, grid);
      rule(to_x(tick.value), bottom_, to_x(tick.value), bottom_ + px(4), frame);
      write({to_x(tick.value), numbers_base}, tick.label, small, muted, Align::centre);
    }
  }

  /// As many numbers as stand side by side with some air.
  std::vector<Tick> x_ticks() const {
    for (int most = axes_.log_x ? 15 : 11;; --most) {
      std::vector<Tick> ticks =
          axes_.log_x ? log_ticks(x_.low, x_.high, most) : nice_ticks(x_.low, x_.high, most, x_.whole);
      double nearest = INFINITY;
      for (std::size_t i = 1; i < ticks.size(); ++i) {
        nearest = std::min(nearest, to_x(ticks[i].value) - to_x(ticks[i - 1].value));
      }
      if (most == 1 || nearest >= widest(ticks) + px(16)) {
        return ticks;
      }
    }
  }

  double widest(const std::vector<Tick>& ticks) const {
    double most = 0;
    for (const Tick& tick : ticks) {
      most = std::max(most, width(tick.label, small));
    }
    return most;
  }

  /// The curve, and its points where there is room for them or where a point has no neighbour to be joined with.
  void draw_curve(const Series& series, Color color) {
    std::vector<Point> points;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      points.push_back(is_shown(series.x[i], series.y[i]) ? Point{to_x(series.x[i]), to_y(series.y[i])}
                                                          : Point{NAN, NAN});
    }
    canvas_.polyline(points, px(2.2) * series.width, color);
    const bool roomy = static_cast<double>(points.size()) * px(14) <= right_ - left_;
    const auto gap = [&](std::size_t i) { return i >= points.size() || std::isnan(points[i].x); };
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!gap(i) && (roomy || (gap(i - 1) && gap(i + 1)))) {
        canvas_.disc(points[i], px(3.6) * series.width, color);
      }
    }
  }

  Canvas& canvas_;
  const Axes& axes_;
  const std::vector<Color>& colors_;
  double scale_;
  double left_, top_, right_, bottom_;
  AxisRange x_, y_;
};

}  // namespace hearth::chart
