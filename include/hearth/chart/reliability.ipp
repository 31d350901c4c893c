#pragma once

#include <hearth/chart/reliability.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/axis.hpp>
#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

namespace detail {

/// Draws one reliability diagram.
class ReliabilityDrawing {
 public:
  ReliabilityDrawing(std::span<const ReliabilityBin> bins, double error, image::Size size)
      : canvas_(size),
        bins_(bins),
        error_(error),
        scale_(std::clamp(std::min(size.height, size.width) / 640.0, 0.75, 8.0)),
        left_(px(78)),
        right_(size.width - px(28)),
        top_(px(54)),
        bottom_(size.height - px(62)) {
    for (const ReliabilityBin& bin : bins) {
      total_ += static_cast<double>(bin.count);
    }
    histogram_top_ = bottom_ - std::max(px(40), 0.2 * (bottom_ - top_));
    diagram_bottom_ = histogram_top_ - px(22);
  }

  Image draw() && {
    draw_legend();
    draw_axes();
    draw_bars();
    draw_histogram();
    return std::move(canvas_).image();
  }

 private:
  static constexpr Color bar = chart_colors[0];
  static constexpr Color gap = chart_colors[1];
  static constexpr Color gap_light{253, 232, 217};
  static constexpr double small = 14;
  static constexpr double normal = 15;

  double px(double length) const noexcept { return length * scale_; }
  double to_x(double share) const noexcept { return left_ + share * (right_ - left_); }
  double to_y(double share) const noexcept {
    return diagram_bottom_ - std::clamp(share, 0.0, 1.0) * (diagram_bottom_ - top_);
  }
  static int whole(double value) noexcept { return static_cast<int>(std::lround(value)); }
  static image::Rect rect(double top, double left, double bottom, double right) noexcept {
    return {whole(top), whole(left), whole(bottom) - whole(top), whole(right) - whole(left)};
  }
  void write(Point at, std::string_view words, double size, Color color, Align align, bool upwards = false) {
    canvas_.text(at, words, {.size = px(size), .color = color, .align = align, .upwards = upwards});
  }

  void draw_legend() {
    const double base = px(34);
    double x = left_;
    const auto sample = [&](std::string_view words, bool is_gap) {
      const image::Rect box = rect(base - px(11), x, base + px(1), x + px(16));
      draw_box(box, is_gap);
      write({x + px(23), base}, words, normal, dark, Align::start);
      x += px(23) + text_width(words, px(normal)) + px(22);
    };
    sample("accuracy", false);
    sample("gap to the confidence", true);
    if (!std::isnan(error_)) {
      const std::string text = fmt::format("ECE {:.4f}", error_);
      if (x + text_width(text, px(normal)) <= right_) {
        write({right_, base}, text, normal, dark, Align::end);
      }
    }
  }

  void draw_box(const image::Rect& box, bool is_gap) {
    canvas_.fill(box, is_gap ? gap_light : bar);
    if (is_gap) {
      canvas_.hatch(box, std::max(1, whole(px(1))), std::max(4, whole(px(6))), gap);
      canvas_.frame(box, std::max(1, whole(px(1))), gap);
    }
  }

  void draw_axes() {
    for (const double share : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}) {
      canvas_.fill(rect(to_y(share), left_, to_y(share) + 1, right_), grid_color);
      canvas_.fill(rect(top_, to_x(share), diagram_bottom_, to_x(share) + 1), grid_color);
      canvas_.fill(rect(histogram_top_, to_x(share), bottom_, to_x(share) + 1), grid_color);
      const std::string label = fmt::format("{:.1f}", share);
      write({left_ - px(8), to_y(share) + px(small) * cap_height / 2}, label, small, muted, Align::end);
      write({to_x(share), bottom_ + px(19)}, label, small, muted, Align::centre);
    }
    write({px(24), (top_ + diagram_bottom_) / 2}, "accuracy", normal, muted, Align::centre, true);
    write({px(24), (histogram_top_ + bottom_) / 2}, "samples", normal, muted, Align::centre, true);
    write({(left_ + right_) / 2, bottom_ + px(44)}, "confidence", normal, muted, Align::centre);
  }

  void draw_bars() {
    const double width = 1.0 / static_cast<double>(bins_.size());
    const double air = std::min(px(1.5), 0.1 * width * (right_ - left_));
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      const ReliabilityBin& bin = bins_[i];
      if (bin.count == 0) {
        continue;
      }
      const double left = to_x(static_cast<double>(i) * width) + air;
      const double right = to_x(static_cast<double>(i + 1) * width) - air;
      canvas_.fill(rect(to_y(bin.accuracy), left, diagram_bottom_, right), bar);
      const double high = std::max(bin.accuracy, bin.confidence), low = std::min(bin.accuracy, bin.confidence);
      draw_box(rect(to_y(high), left, to_y(low), right), true);
      // The top of the bar, which the gap may hide.
      canvas_.fill(rect(to_y(bin.accuracy) - px(1), left, to_y(bin.accuracy) + px(1), right), bar);
    }
    const std::vector<Point> diagonal{{to_x(0), to_y(0)}, {to_x(1), to_y(1)}};
    canvas_.polyline(dashed(diagonal, px(7), px(5)), px(1.6), dark);
    canvas_.fill(rect(diagram_bottom_, left_, diagram_bottom_ + std::max(1.0, scale_), right_ + 1), frame_color);
  }

  /// The share of the samples in each bin.
  void draw_histogram() {
    double largest = 0;
    for (const ReliabilityBin& bin : bins_) {
      largest = std::max(largest, static_cast<double>(bin.count));
    }
    const double most = total_ > 0 ? largest / total_ : 1;
    const double width = 1.0 / static_cast<double>(bins_.size());
    const double air = std::min(px(1.5), 0.1 * width * (right_ - left_));
    const auto to_height = [&](double share) { return bottom_ - share / (1.08 * most) * (bottom_ - histogram_top_); };
    for (const Tick& tick : nice_ticks(0, 108 * most, 4)) {
      const double y = to_height(tick.value / 100);
      canvas_.fill(rect(y, left_, y + 1, right_), grid_color);
      write({left_ - px(8), y + px(small) * cap_height / 2}, tick.label + "%", small, muted, Align::end);
    }
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      if (bins_[i].count > 0) {
        const double top = to_height(static_cast<double>(bins_[i].count) / total_);
        canvas_.fill(rect(std::min(top, bottom_ - 1), to_x(static_cast<double>(i) * width) + air, bottom_,
                          to_x(static_cast<double>(i + 1) * width) - air),
                     muted);
      }
    }
    canvas_.fill(rect(bottom_, left_, bottom_ + std::max(1.0, scale_), right_ + 1), frame_color);
    if (total_ == 0) {
      write({(left_ + right_) / 2, to_y(0.7)}, "no data", normal, muted, Align::centre);
    }
  }

  Canvas canvas_;
  std::span<const ReliabilityBin> bins_;
  double error_;
  double scale_;
  double left_, right_, top_, bottom_;  // bottom_: of the histogram
  double histogram_top_ = 0, diagram_bottom_ = 0;
  double total_ = 0;
};

}  // namespace detail

HEARTH_INLINE Image draw_reliability(std::span<const ReliabilityBin> bins, double error, image::Size size) {
  core::require(!bins.empty() && bins.size() <= 100, "draw_reliability: needs from 1 to 100 bins, but got {}",
                bins.size());
  core::require(size.height >= 240 && size.width >= 300,
                "draw_reliability: the image has at least 300 x 240 pixels, but got {} x {}", size.width, size.height);
  constexpr double slack = 1e-6;  // of what was rounded
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const ReliabilityBin& bin = bins[i];
    const auto is_share = [&](double value) { return value >= -slack && value <= 1 + slack; };
    core::require(
        bin.count >= 0 && (bin.count == 0 || (is_share(bin.confidence) && is_share(bin.accuracy))),
        "draw_reliability: confidence and accuracy lie between 0 and 1 and counts are not negative, but bin {} "
        "has {}, {} and {}",
        i, bin.confidence, bin.accuracy, bin.count);
  }
  return detail::ReliabilityDrawing(bins, error, size).draw();
}

}  // namespace hearth::chart
