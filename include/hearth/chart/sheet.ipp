#pragma once

#include <hearth/chart/sheet.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <hearth/chart/canvas.hpp>
#include <hearth/chart/color.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/core/error.hpp>
#include <hearth/image/resample.hpp>

namespace hearth::chart {

namespace detail {

/// How many columns make a sheet of about three to two, with few places left empty in the last row.
inline int sheet_columns(int tiles) {
  const double ideal = std::sqrt(1.5 * tiles);
  int best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (int columns = 1; columns <= std::min(tiles, 12); ++columns) {
    const int empty = (columns - tiles % columns) % columns;
    const double cost = std::abs(std::log(columns / std::min(ideal, 12.0))) + 0.5 * empty / columns;
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return best;
}

/// Draws one sheet: measures its rows first, and then knows how large the image is.
class SheetDrawing {
 public:
  SheetDrawing(std::span<const Tile> tiles, const SheetOptions& options)
      : tiles_(tiles),
        tile_(options.tile),
        columns_(options.columns > 0 ? options.columns : sheet_columns(static_cast<int>(tiles.size()))) {
    width_ = std::max<std::int64_t>(2 * margin + std::int64_t{columns_} * (tile_ + gap) - gap, 360);
    if (!options.title.empty()) {
      title_ = wrapped_text(options.title, 20, static_cast<double>(width_) - 2 * margin, 3);
    }
    std::vector<std::string> texts;
    for (const Tile& tile : tiles) {
      texts.insert(texts.end(), tile.lines.begin(), tile.lines.end());
      captions_.push_back(caption_of(tile));
    }
    const std::string note = missing_note(texts, "these texts");
    if (!note.empty()) {
      note_ = wrapped_text(note, 12, static_cast<double>(width_) - 2 * margin, 4);
    }
    height_ = margin + (title_.empty() ? 0 : 25 * static_cast<std::int64_t>(title_.size()) + 14);
    for (std::size_t begin = 0; begin < tiles.size(); begin += static_cast<std::size_t>(columns_)) {
      tops_.push_back(height_);
      std::size_t lines = 0;
      for (std::size_t i = begin; i < std::min(tiles.size(), begin + static_cast<std::size_t>(columns_)); ++i) {
        lines = std::max(lines, captions_[i].size());
      }
      height_ += tile_ + (lines > 0 ? 8 + line_height * static_cast<std::int64_t>(lines) : 0) + gap;
    }
    height_ += margin - gap + (note_.empty() ? 0 : 16 * static_cast<std::int64_t>(note_.size()) + 10);
    core::require(height_ <= std::numeric_limits<int>::max() / (3 * width_ + 1),
                  "draw_sheet: {} tiles of {} pixels in {} columns are too many for one image", tiles.size(), tile_,
                  columns_);
  }

  Image draw() && {
    Canvas canvas({static_cast<int>(height_), static_cast<int>(width_)});
    for (std::size_t i = 0; i < title_.size(); ++i) {
      canvas.text({margin, margin + 15 + static_cast<double>(i) * 25}, title_[i], {.size = 20, .color = dark});
    }
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
      const auto columns = static_cast<std::size_t>(columns_);
      draw_tile(canvas, tiles_[i], captions_[i], static_cast<int>(tops_[i / columns]),
                margin + static_cast<int>(i % columns) * (tile_ + gap));
    }
    for (std::size_t i = 0; i < note_.size(); ++i) {
      const double y = static_cast<double>(height_) - margin - 16.0 * static_cast<double>(note_.size() - 1 - i);
      canvas.text({margin, y}, note_[i], {.size = 12, .color = muted});
    }
    return std::move(canvas).image();
  }

 private:
  static constexpr int margin = 24;
  static constexpr int gap = 20;
  static constexpr int line_height = 18;
  static constexpr double size = 13;

  struct CaptionLine {
    std::string text;
    Color color;
  };

  /// The lines below a picture, each of which may take two.
  std::vector<CaptionLine> caption_of(const Tile& tile) const {
    std::vector<CaptionLine> caption;
    for (const std::string& line : tile.lines) {
      for (std::string& part : wrapped_text(line, size, tile_ + gap / 2.0, 2)) {
        caption.push_back({std::move(part), &line == &tile.lines.front() ? dark : muted});
      }
    }
    return caption;
  }

  void draw_tile(Canvas& canvas, const Tile& tile, const std::vector<CaptionLine>& caption, int top, int left) const {
    const image::Rect square{top, left, tile_, tile_};
    canvas.fill(square, {243, 243, 243});
    const image::Size fitted = fit(tile.picture.size());
    const image::Rect place{top + (tile_ - fitted.height) / 2, left + (tile_ - fitted.width) / 2, fitted.height,
                            fitted.width};
    canvas.paste(place.top, place.left, resize_bilinear(tile.picture.view(), fitted).view());
    if (tile.mark == Mark::wrong) {
      canvas.frame({top - 4, left - 4, tile_ + 8, tile_ + 8}, 4, wrong_color);
      draw_sign(canvas, top, left, wrong_color,
                {{{-0.42, -0.42}, {0.42, 0.42}, {NAN, NAN}, {-0.42, 0.42}, {0.42, -0.42}}});
    } else if (tile.mark == Mark::right) {
      canvas.frame({top - 2, left - 2, tile_ + 4, tile_ + 4}, 2, right_color);
      draw_sign(canvas, top, left, right_color, {{{-0.5, 0.05}, {-0.12, 0.42}, {0.5, -0.38}}});
    }
    double y = top + tile_ + 8 + 13;
    for (const CaptionLine& line : caption) {
      canvas.text({double{1} * left, y}, line.text, {.size = size, .color = line.color});
      y += line_height;
    }
  }

  /// The size at which the picture fills the square in one direction.
  image::Size fit(image::Size picture) const {
    const double scale = double{1} * tile_ / std::max(picture.height, picture.width);
    const auto scaled = [&](int side) { return std::clamp(static_cast<int>(std::lround(side * scale)), 1, tile_); };
    return {scaled(picture.height), scaled(picture.width)};
  }

  /// A disc in the upper right corner, with white strokes on it, which are given in its radius from its centre.
  void draw_sign(Canvas& canvas, int top, int left, Color color, std::vector<Point> strokes) const {
    const double radius = std::clamp(tile_ / 14.0, 8.0, 20.0);
    const Point centre{left + tile_ - radius - 1, top + radius + 1};
    canvas.disc(centre, radius + 1.5, white);
    canvas.disc(centre, radius, color);
    for (Point& point : strokes) {
      point = {centre.x + point.x * radius, centre.y + point.y * radius};
    }
    canvas.polyline(strokes, std::max(2.0, radius / 4.5), white);
  }

  std::span<const Tile> tiles_;
  int tile_, columns_;
  std::vector<std::string> title_, note_;
  std::int64_t width_ = 0, height_ = 0;
  std::vector<std::vector<CaptionLine>> captions_;
  std::vector<std::int64_t> tops_;  // of the rows
};

}  // namespace detail

HEARTH_INLINE Image draw_sheet(std::span<const Tile> tiles, const SheetOptions& options) {
  core::require(!tiles.empty(), "draw_sheet: there is nothing to draw: at least one tile is needed");
  core::require(tiles.size() <= 1'000'000, "draw_sheet: {} tiles are too many for one image", tiles.size());
  core::require(options.columns >= 0 && options.columns <= 1000,
                "draw_sheet: columns must be from 0 to 1000, but got {}", options.columns);
  core::require(options.tile >= 48 && options.tile <= 1024, "draw_sheet: a tile has from 48 to 1024 pixels, but got {}",
                options.tile);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Image& picture = tiles[i].picture;
    core::require(picture.height() > 0 && picture.width() > 0 && (picture.channels() == 1 || picture.channels() == 3),
                  "draw_sheet: a picture has pixels of 1 or 3 channels, but that of tile {} has {} x {} of {}", i,
                  picture.height(), picture.width(), picture.channels());
  }
  return detail::SheetDrawing(tiles, options).draw();
}

}  // namespace hearth::chart
