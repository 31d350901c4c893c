/// One diagram of curves, drawn into a rectangle of a canvas: title, legend, grid, numbers, labels, curves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/chart/axis.hpp>
#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/chart/curve_style.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/chart/legend.hpp>
#include <hearth/chart/series.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// Draws one diagram, from the outside inwards: each part takes its room from what is left. The place is
/// given in whole pixels and is at least about 200 x 150; `styles` has a look for every curve, and
/// `scale` is what lengths are multiplied with (scale_of).
class ChartPanel {
 public:
  ChartPanel(Canvas& canvas, const image::Rect& place, const Axes& axes, const std::vector<CurveStyle>& styles,
             double scale)
      : canvas_(canvas),
        axes_(axes),
        styles_(styles),
        scale_(scale),
        left_(place.left + px(18)),
        top_(place.top + px(16)),
        right_(place.left + place.width - px(24)),
        bottom_(place.top + place.height - px(16)) {}

  /// How many pixels the unit of all lengths is in a diagram of this size.
  static double scale_of(const image::Rect& place) {
    return std::clamp(std::min(place.height / 480.0, place.width / 600.0), 0.75, 8.0);
  }

  /// The legend of curves that look like `styles`, in `width` pixels and at most as high as `height`.
  static Legend legend_of(const Axes& axes, const std::vector<CurveStyle>& styles, double width, double height,
                          double scale) {
    std::vector<LegendEntry> entries;
    for (std::size_t i = 0; i < axes.series.size(); ++i) {
      if (!axes.series[i].name.empty()) {
        entries.push_back({axes.series[i].name, styles[i], axes.series[i].width});
      }
    }
    return {std::move(entries), width, scale, static_cast<int>(height / (Legend::row_height * scale))};
  }

  /// The legend inside of this diagram.
  Legend legend() const { return legend_of(axes_, styles_, right_ - left_, (bottom_ - top_) / 2, scale_); }

  void draw(bool with_legend = true) {
    draw_title();
    if (with_legend) {
      draw_legend();
    } else {
      top_ += px(6);
    }
    draw_axes();
    for (std::size_t i = 0; i < axes_.series.size(); ++i) {
      draw_curve(i);
    }
  }

 private:
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
      for (const std::string& line : wrapped_text(axes_.title, px(large), right_ - left_, 2)) {
        write({left_, top_ + px(large) * cap_height}, line, large, dark, Align::start);
        top_ += px(large + 5);
      }
      top_ += px(large) * cap_height - px(large + 5) + px(12);
    }
  }

  void draw_legend() {
    const Legend names = legend();
    names.draw(canvas_, {left_, top_});
    top_ += names.height() + (names.rows() > 0 ? px(12) : px(6));
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
    rule(left_, bottom_, right_, bottom_, frame_color);
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
      rule(left_, to_y(tick.value), right_, to_y(tick.value), grid_color);
      write({left_ - px(8), to_y(tick.value) + px(small) * cap_height / 2}, tick.label, small, muted, Align::end);
    }
  }

  void draw_x_grid(double numbers_base) {
    for (const Tick& tick : x_ticks()) {
      rule(to_x(tick.value), top_, to_x(tick.value), bottom_, grid_color);
      rule(to_x(tick.value), bottom_, to_x(tick.value), bottom_ + px(4), frame_color);
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

  /// The curve and marks: at each of its points where there is room for them, at those that have no neighbour to be
  /// joined with, and here and there where other curves must be told apart.
  void draw_curve(std::size_t index) {
    const Series& series = axes_.series[index];
    std::vector<Point> points;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      points.push_back(is_shown(series.x[i], series.y[i]) ? Point{to_x(series.x[i]), to_y(series.y[i])}
                                                          : Point{NAN, NAN});
    }
    draw_line(canvas_, points, px(2.2) * series.width, styles_[index]);
    const bool roomy = static_cast<double>(points.size()) * px(14) <= right_ - left_;
    const bool alone = axes_.series.size() == 1;
    const double distance = px(80);
    const double count = static_cast<double>(axes_.series.size());
    double next = left_ + distance * (static_cast<double>(index) + 0.5) / count;  // beside the marks of the others
    const auto gap = [&](std::size_t i) { return i >= points.size() || std::isnan(points[i].x); };
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (gap(i)) {
        continue;
      }
      const bool due = !alone && points[i].x >= next;
      if (roomy || due || (gap(i - 1) && gap(i + 1))) {
        draw_mark(canvas_, points[i], px(3.6) * series.width, styles_[index]);
      }
      while (next <= points[i].x) {
        next += distance;
      }
    }
  }

  Canvas& canvas_;
  const Axes& axes_;
  const std::vector<CurveStyle>& styles_;
  double scale_;
  double left_, top_, right_, bottom_;
  AxisRange x_, y_;
};

}  // namespace hearth::chart
