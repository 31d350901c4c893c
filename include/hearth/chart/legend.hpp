/// The legend of a diagram: the names of its curves, each behind a piece of its curve.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/chart/curve_style.hpp>
#include <hearth/chart/font.hpp>

namespace hearth::chart {

/// A name in a legend, and how its curve looks.
struct LegendEntry {
  std::string name;
  CurveStyle style;
  double width = 1;  ///< of line and mark, in those of other curves
};

/// Arranges the names in one row while they fit, and otherwise in columns of equal width.
class Legend {
 public:
  static constexpr double row_height = 23;

  /// `width` is the room in pixels, `scale` is what the lengths below are multiplied with, and `most` the number of
  /// rows that there is room for.
  Legend(std::vector<LegendEntry> entries, double width, double scale, int most)
      : entries_(std::move(entries)), scale_(scale) {
    std::vector<std::string> names;
    for (const LegendEntry& entry : entries_) {
      names.push_back(entry.name);
      sample_ = entry.style.dashes != 0 ? 36 : sample_;
    }
    arrange(names, width, most);
    if (left_out_ > 0) {  // smaller letters make room for more
      scale_ *= 0.8;
      arrange(names, width, static_cast<int>(most / 0.8));
    }
  }

  int rows() const noexcept {
    return entries_.empty()
               ? 0
               : (static_cast<int>(entries_.size()) - std::max(left_out_ - 1, 0) + columns_ - 1) / columns_;
  }
  double height() const noexcept { return rows() * px(row_height); }

  /// Draws it with its upper left corner at the point.
  void draw(Canvas& canvas, Point corner) const {
    const std::size_t shown = entries_.size() - static_cast<std::size_t>(left_out_);
    double x = corner.x;
    const auto columns = static_cast<std::size_t>(columns_);
    for (std::size_t i = 0; i < shown; ++i) {
      const double middle = corner.y + px(row_height) * (static_cast<double>(i / columns) + 0.5);
      if (!is_row_) {
        x = corner.x + static_cast<double>(i % columns) * (longest_ + px(gap));
      }
      draw_entry(canvas, {x, middle}, entries_[i]);
      x += before_name() + text_width(entries_[i].name, px(size)) + px(gap);
    }
    if (left_out_ > 0) {
      const double middle = corner.y + px(row_height) * (static_cast<double>(shown / columns) + 0.5);
      write(canvas, {corner.x + static_cast<double>(shown % columns) * (longest_ + px(gap)), middle},
            fmt::format("and {} more", left_out_), muted);
    }
  }

 private:
  void arrange(const std::vector<std::string>& all_names, double width, int most) {
    const std::vector<std::string> names = shortened_texts(all_names, px(size), width - before_name());
    double sum = 0;
    longest_ = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entries_[i].name = names[i];
      const double length = before_name() + text_width(names[i], px(size));
      sum += length + (i > 0 ? px(gap) : 0);
      longest_ = std::max(longest_, length);
    }
    const int count = static_cast<int>(entries_.size());
    columns_ = sum <= width ? count : std::clamp(static_cast<int>((width + px(gap)) / (longest_ + px(gap))), 1, count);
    is_row_ = columns_ == count;
    const int room = std::max(1, most) * columns_;
    left_out_ = count > room ? count - room + 1 : 0;
  }

  static constexpr double size = 15;
  static constexpr double gap = 21;  // between two names

  double px(double length) const noexcept { return length * scale_; }
  double before_name() const noexcept { return px(sample_ + 7); }

  void write(Canvas& canvas, Point at, const std::string& words, Color color) const {
    canvas.text({at.x, at.y + px(size) * cap_height / 2}, words, {.size = px(size), .color = color});
  }

  void draw_entry(Canvas& canvas, Point at, const LegendEntry& entry) const {
    const Point line[] = {{at.x + px(2), at.y}, {at.x + px(sample_), at.y}};
    draw_line(canvas, line, px(2.2) * entry.width, entry.style);
    draw_mark(canvas, {at.x + px(1) + px(sample_) / 2, at.y}, px(3.6) * entry.width, entry.style);
    write(canvas, {at.x + before_name(), at.y}, entry.name, dark);
  }

  std::vector<LegendEntry> entries_;
  double scale_;
  double sample_ = 26;  // of the curve
  double longest_ = 0;
  int columns_ = 1;
  int left_out_ = 0;
  bool is_row_ = true;
};

}  // namespace hearth::chart
