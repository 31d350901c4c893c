#pragma once

#include <hearth/chart/matrix.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

namespace detail {

/// The count as it is written into a cell: 123456, 1.23M.
inline std::string count_text(std::int64_t count) {
  if (count < 1'000'000) {
    return fmt::format("{}", count);
  }
  constexpr std::array<char, 5> units{'M', 'G', 'T', 'P', 'E'};
  double value = static_cast<double>(count) / 1e6;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) {
    value /= 1000;
  }
  return fmt::format("{:.3g}{}", value, units[unit]);
}

/// Draws one matrix: measures all its parts first, and then knows how large the image is.
class MatrixDrawing {
 public:
  explicit MatrixDrawing(const Matrix& matrix) : matrix_(matrix), classes_(static_cast<int>(matrix.names.size())) {
    measure_rows();
    measure_cells();
    measure_names();
    measure_image();
  }

  Image draw() && {
    Canvas canvas({height_, width_});
    for (std::size_t i = 0; i < title_.size(); ++i) {
      canvas.text({margin, margin + 15 + static_cast<double>(i) * 25}, title_[i], {.size = 20, .color = dark});
    }
    draw_cells(canvas);
    draw_names(canvas);
    draw_labels(canvas);
    draw_scale(canvas);
    for (std::size_t i = 0; i < note_.size(); ++i) {
      const double y = height_ - margin - 16.0 * static_cast<double>(note_.size() - 1 - i);
      canvas.text({margin, y}, note_[i], {.size = 12, .color = muted});
    }
    return std::move(canvas).image();
  }

 private:
  static constexpr int margin = 24;
  static constexpr int scale_room = 102;
  static constexpr int bar_width = 16;
  static constexpr int tick = 4;

  std::int64_t count(int row, int column) const noexcept {
    return matrix_.counts[static_cast<std::size_t>(row) * matrix_.names.size() + static_cast<std::size_t>(column)];
  }
  int scale_left() const noexcept { return left_ + side() + 28 + (names_around_ ? name_room_ : 0); }
  int side() const noexcept { return classes_ * pitch_; }

  void measure_rows() {
    for (int row = 0; row < classes_; ++row) {
      double total = 0;
      for (int column = 0; column < classes_; ++column) {
        total += static_cast<double>(count(row, column));
      }
      totals_.push_back(total);
    }
    has_empty_row_ = std::find(totals_.begin(), totals_.end(), 0) != totals_.end();
  }

  /// The distance of two cells, and how large counts and names are written.
  void measure_cells() {
    pitch_ = classes_ <= 4     ? 96
             : classes_ <= 8   ? 72
             : classes_ <= 12  ? 60
             : classes_ <= 20  ? 46
             : classes_ <= 30  ? 36
             : classes_ <= 40  ? 30
             : classes_ <= 60  ? 20
             : classes_ <= 100 ? 16
             : classes_ <= 220 ? 11
                               : std::max(2, 2400 / classes_);
    gap_ = pitch_ >= 30 ? 2 : pitch_ >= 16 ? 1 : 0;
    name_size_ = pitch_ >= 30 ? 14 : pitch_ >= 20 ? 13 : pitch_ >= 16 ? 12 : 9.5;
    name_step_ = pitch_ >= 11 ? 1 : (11 + pitch_ - 1) / pitch_;
    const std::int64_t largest = *std::max_element(matrix_.counts.begin(), matrix_.counts.end());
    // Not every text of the same number of digits is equally wide: room for the widest.
    const std::string widest(count_text(largest).size(), '0');
    for (count_size_ = pitch_ >= 60 ? 15 : pitch_ >= 46 ? 13.5 : 12; count_size_ >= 9; count_size_ -= 0.5) {
      if (text_width(widest, count_size_) <= pitch_ - gap_ - 4 && pitch_ >= 24) {
        return;
      }
    }
    count_size_ = 0;  // counts are not written
  }

  void measure_names() {
    const double most = pitch_ >= 16 ? 230 : 190;
    names_ = shortened_texts(matrix_.names, name_size_, most);
    double widest = 0;
    for (int i = 0; i < classes_; i += name_step_) {
      widest = std::max(widest, text_width(names_[static_cast<std::size_t>(i)], name_size_));
    }
    name_room_ = static_cast<int>(std::ceil(widest)) + tick + 5;
  }

  void measure_image() {
    names_around_ = side() > 1200;
    left_ = margin + (matrix_.row_label.empty() ? 0 : 26) + name_room_;
    width_ = std::max(scale_left() + scale_room, 460);
    if (!matrix_.title.empty()) {
      title_ = wrapped_text(matrix_.title, 20, width_ - 2 * margin, 3);
    }
    top_ = margin + (title_.empty() ? 0 : 25 * static_cast<int>(title_.size()) + 11);

    top_ += names_around_ ? name_room_ : 0;
    std::string note = missing_note(matrix_.names, "class names");
    if (name_step_ > 1) {
      note = fmt::format("The names of 1 in {} classes are shown. {}", name_step_, note);
    }
    if (!note.empty()) {
      note_ = wrapped_text(note, 12, width_ - 2 * margin, 4);
    }
    labels_base_ = top_ + side() + name_room_ + (matrix_.column_label.empty() ? 0 : 28);
    height_ = std::max(labels_base_, top_ + scale_height() + (has_empty_row_ ? 54 : 16)) + margin +
              (note_.empty() ? 0 : 16 * static_cast<int>(note_.size()) + 12);
  }

  void draw_cells(Canvas& canvas) const {
    if (gap_ == 0) {
      canvas.frame({top_ - 1, left_ - 1, side() + 2, side() + 2}, 1, grid_color);
    }
    for (int row = 0; row < classes_; ++row) {
      const double total = totals_[static_cast<std::size_t>(row)];
      const int y = top_ + row * pitch_;
      if (total == 0) {
        draw_nothing(canvas, {y, left_, pitch_ - gap_, side() - gap_});
        continue;
      }
      for (int column = 0; column < classes_; ++column) {
        const std::int64_t number = count(row, column);
        const image::Rect cell{y, left_ + column * pitch_, pitch_ - gap_, pitch_ - gap_};
        const Color color = cell_color(static_cast<double>(number) / total);
        canvas.fill(cell, color);
        if (count_size_ > 0) {
          const Point centre{cell.left + cell.width / 2.0, cell.top + (cell.height + count_size_ * cap_height) / 2.0};
          canvas.text(centre, count_text(number),
                      {.size = count_size_, .color = number == 0 ? zero : text_on(color), .align = Align::centre});
        }
      }
    }
    if (gap_ == 0) {  // lines to find a row and a column by
      for (int i = 10; i < classes_; i += 10) {
        canvas.fill({top_ + i * pitch_, left_, 1, side()}, guide);
        canvas.fill({top_, left_ + i * pitch_, side(), 1}, guide);
      }
    }
  }

  /// What stands for a row without samples.
  static void draw_nothing(Canvas& canvas, const image::Rect& rect) {
    canvas.fill(rect, {244, 244, 244});
    canvas.hatch(rect, 1, 5, {190, 190, 190});
  }

  void draw_names(Canvas& canvas) const {
    const double middle = (pitch_ - gap_) / 2.0;
    const double to_base = name_size_ * cap_height / 2 - 0.01;
    for (int i = 0; i < classes_; i += name_step_) {
      const std::string& name = names_[static_cast<std::size_t>(i)];
      const double at = i * pitch_ + middle;
      const int line = static_cast<int>(at);
      const Color color = totals_[static_cast<std::size_t>(i)] == 0 ? frame_color : dark;
      canvas.fill({top_ + line, left_ - tick - 1, 1, tick}, frame_color);
      canvas.text({left_ - tick - 5.0, top_ + at + to_base}, name,
                  {.size = name_size_, .color = color, .align = Align::end});
      canvas.fill({top_ + side() + 1, left_ + line, tick, 1}, frame_color);
      canvas.text({left_ + at + to_base, top_ + side() + tick + 5.0}, name,
                  {.size = name_size_, .color = dark, .align = Align::end, .upwards = true});
      if (names_around_) {
        canvas.fill({top_ - tick - 1, left_ + line, tick, 1}, frame_color);
        canvas.text({left_ + at + to_base, top_ - tick - 5.0}, name,
                    {.size = name_size_, .color = dark, .upwards = true});
        canvas.fill({top_ + line, left_ + side() + 1, 1, tick}, frame_color);
        canvas.text({left_ + side() + tick + 5.0, top_ + at + to_base}, name, {.size = name_size_, .color = color});
      }
    }
  }

  void draw_labels(Canvas& canvas) const {
    const TextStyle style{.size = 15, .color = muted, .align = Align::centre};
    canvas.text({left_ + side() / 2.0, double{1} * labels_base_},
                fitting_text(matrix_.column_label, 15, width_ - left_), style);
    TextStyle turned = style;
    turned.upwards = true;
    canvas.text({margin + 11.0, top_ + side() / 2.0}, fitting_text(matrix_.row_label, 15, height_ - top_), turned);
  }

  int scale_height() const noexcept { return std::clamp(side() - gap_, 150, 360); }

  /// The colours and the shares that they stand for.
  void draw_scale(Canvas& canvas) const {
    const int left = scale_left();
    const int height = scale_height();
    for (int y = 0; y < height; ++y) {
      canvas.fill({top_ + y, left, 1, bar_width}, shade(1 - y / (height - 1.0)));
    }
    canvas.frame({top_ - 1, left - 1, height + 2, bar_width + 2}, 1, grid_color);
    for (const double percent : {0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0}) {
      const double y = top_ + (1 - darkness(percent / 100)) * (height - 1) + 0.5;
      canvas.fill({static_cast<int>(y), left + bar_width + 1, 1, tick}, frame_color);
      canvas.text({left + bar_width + tick + 5.0, y + 12 * cap_height / 2}, fmt::format("{:g}%", percent),
                  {.size = 12, .color = muted});
    }
    const double x = left + bar_width + 56.0;
    canvas.text({x, top_ + height / 2.0}, "share of the row",
                {.size = 12, .color = muted, .align = Align::centre, .upwards = true});
    if (has_empty_row_) {
      const image::Rect sample{top_ + height + 20, left, 16, bar_width};
      draw_nothing(canvas, sample);
      canvas.text({left + bar_width + 6.0, sample.top + 12.5}, "no samples", {.size = 12, .color = muted});
    }
  }

  /// Half of the colours are for the shares below a quarter, so that rare mistakes show.
  static double darkness(double share) { return std::sqrt(share); }
  static Color cell_color(double share) { return shade(darkness(share)); }

  static constexpr Color zero{128, 138, 148};
  static constexpr Color guide{214, 222, 230};

  const Matrix& matrix_;
  int classes_;
  std::vector<double> totals_;  // of the rows
  bool has_empty_row_ = false;
  int pitch_ = 0, gap_ = 0;
  double name_size_ = 0, count_size_ = 0;
  int name_step_ = 1;  // every so many names are written
  std::vector<std::string> names_, title_, note_;
  bool names_around_ = false;  // on all four sides
  int name_room_ = 0, left_ = 0, top_ = 0, width_ = 0, height_ = 0, labels_base_ = 0;
};

}  // namespace detail

HEARTH_INLINE Image draw_matrix(const Matrix& matrix) {
  const std::size_t classes = matrix.names.size();
  core::require(classes >= 1 && classes <= most_matrix_classes, "draw_matrix: needs from 1 to {} classes, but got {}",
                most_matrix_classes, classes);
  core::require(matrix.counts.size() == classes * classes,
                "draw_matrix: {} classes need {} x {} counts, but got {} counts", classes, classes, classes,
                matrix.counts.size());
  const auto negative = std::find_if(matrix.counts.begin(), matrix.counts.end(), [](auto count) { return count < 0; });
  if (negative != matrix.counts.end()) {
    const auto place = static_cast<std::size_t>(negative - matrix.counts.begin());
    core::fail("draw_matrix: no count may be negative, but row {}, column {} has {}", place / classes, place % classes,
               *negative);
  }
  return detail::MatrixDrawing(matrix).draw();
}

}  // namespace hearth::chart
