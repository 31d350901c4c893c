/// A surface to draw on: rectangles, pictures, anti-aliased lines and shapes, and text, on RGB pixels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/chart/color.hpp>
#include <hearth/chart/coverage.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/core/error.hpp>
#include <hearth/image/image.hpp>

namespace hearth::chart {

/// A place on a canvas, x to the right and y downwards. The pixel in column c and row r covers [c, c + 1) x [r, r + 1),
/// so its centre is (c + 0.5, r + 0.5).
struct Point {
  double x = 0;
  double y = 0;
};

/// Which part of a text stands at the given point.
enum class Align { start, centre, end };

struct TextStyle {
  double size = 15;  ///< the em in pixels; a capital letter is `cap_height` times as high
  Color color{};
  Align align = Align::start;
  bool upwards = false;  ///< turned by a quarter to the left: the text reads from the bottom to the top
};

/// Draws on an image of its own. What lies outside the image is left out.
class Canvas {
 public:
  /// An image filled with one colour. Throws Error when a side is less than 1 pixel.
  explicit Canvas(image::Size size, Color background = {255, 255, 255}) {
    core::require(size.height >= 1 && size.width >= 1, "Canvas: both sides must be at least 1 pixel, but got {} x {}",
                  size.height, size.width);
    image_ = Image(size.height, size.width, 3);
    fill({0, 0, size.height, size.width}, background);
  }

  const Image& image() const& noexcept { return image_; }
  Image image() && noexcept { return std::move(image_); }

  /// Fills whole pixels.
  void fill(const image::Rect& rect, Color color) {
    const auto [top, bottom] = clip(rect.top, double{1} * rect.top + rect.height, image_.height());
    const auto [left, right] = clip(rect.left, double{1} * rect.left + rect.width, image_.width());
    for (int y = top; y < bottom; ++y) {
      std::uint8_t* pixel = image_.row(y) + std::ptrdiff_t{left} * 3;
      for (int x = left; x < right; ++x) {
        *pixel++ = color.red;
        *pixel++ = color.green;
        *pixel++ = color.blue;
      }
    }
  }

  /// Draws along the inside of a rectangle's edges, `thickness` pixels wide.
  void frame(const image::Rect& rect, int thickness, Color color) {
    fill({rect.top, rect.left, thickness, rect.width}, color);
    fill({rect.top + rect.height - thickness, rect.left, thickness, rect.width}, color);
    fill({rect.top, rect.left, rect.height, thickness}, color);
    fill({rect.top, rect.left + rect.width - thickness, rect.height, thickness}, color);
  }

  /// Fills the part of a rectangle that lies on stripes, which rise to the right: `width` of every `every` pixels.
  void hatch(const image::Rect& rect, int width, int every, Color color) {
    for (int y = 0; y < rect.height; ++y) {
      for (int x = 0; x < rect.width; ++x) {
        if ((x + y) % every < width) {
          blend(rect.left + x, rect.top + y, color, 1);
        }
      }
    }
  }

  /// Lays an image of 1 (grey) or 3 channels on the canvas.
  void paste(int top, int left, const ImageView& picture) {
    for (int y = 0; y < picture.height; ++y) {
      const std::uint8_t* pixel = picture.row(y);
      for (int x = 0; x < picture.width; ++x, pixel += picture.channels) {
        blend(left + x, top + y,
              picture.channels == 1 ? Color{pixel[0], pixel[0], pixel[0]} : Color{pixel[0], pixel[1], pixel[2]}, 1);
      }
    }
  }

  /// Fills what straight lines from corner to corner enclose. Corners that cannot be drawn leave it out.
  void polygon(std::span<const Point> corners, Color color) {
    if (corners.empty() || !std::all_of(corners.begin(), corners.end(), drawable)) {
      return;
    }
    const auto by_x = [](Point a, Point b) { return a.x < b.x; };
    const auto by_y = [](Point a, Point b) { return a.y < b.y; };
    const auto [first, last] = std::minmax_element(corners.begin(), corners.end(), by_x);
    const auto [highest, lowest] = std::minmax_element(corners.begin(), corners.end(), by_y);
    const double left = std::floor(first->x), top = std::floor(highest->y);
    const double width = std::ceil(last->x) - left + 1, height = std::ceil(lowest->y) - top + 1;
    core::require(width <= 4096 && height <= 4096, "Canvas: a polygon has at most 4096 x 4096 pixels, but got {} x {}",
                  width, height);
    Coverage coverage(static_cast<int>(width), static_cast<int>(height));
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const Point a = corners[i], b = corners[(i + 1) % corners.size()];
      coverage.add({a.x - left, a.y - top, b.x - left, b.y - top});
    }
    coverage.each([&](int column, int row, double share) {
      blend(static_cast<int>(left) + column, static_cast<int>(top) + row, color, share);
    });
  }

  /// A filled circle. Throws Error unless the radius is a number above 0.
  void disc(Point centre, double radius, Color color) { polyline({&centre, 1}, 2 * radius, color); }

  /// Straight lines from point to point, `width` pixels wide, with round joins and ends; one point alone is a disc.
  /// A point that is not finite, or lies more than ten million pixels away, is a gap: the line ends before it and goes
  /// on behind it.
  /// Throws Error unless the width is a number above 0.
  void polyline(std::span<const Point> points, double width, Color color) {
    core::require(width > 0 && width < 1e7, "Canvas: a line's width must be above 0 pixels, but got {}", width);
    const image::Rect box = bounds(points, width / 2 + 1);
    std::vector<float> cover(static_cast<std::size_t>(box.height) * static_cast<std::size_t>(box.width));
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (drawable(points[i])) {
        const bool joined = i + 1 < points.size() && drawable(points[i + 1]);
        cover_segment(points[i], joined ? points[i + 1] : points[i], width / 2, box, cover);
      }
    }
    auto share = cover.begin();
    for (int y = box.top; y < box.top + box.height; ++y) {
      for (int x = box.left; x < box.left + box.width; ++x) {
        blend(x, y, color, double{*share++});
      }
    }
  }

  /// A line of text whose base line starts, is centred or ends at the point; see `draw_text` for what it can show.
  void text(Point point, std::string_view words, const TextStyle& style) {
    if (!drawable(point)) {
      return;
    }
    const double width = style.align == Align::start ? 0 : text_width(words, style.size);
    const double before = style.align == Align::end ? width : width / 2;
    if (style.upwards) {
      const int base = static_cast<int>(std::lround(point.x));
      draw_text(words, style.size, -point.y - before,
                [&](int along, int down, double share) { blend(base + down, -along - 1, style.color, share); });
    } else {
      const int base = static_cast<int>(std::lround(point.y));
      draw_text(words, style.size, point.x - before,
                [&](int along, int down, double share) { blend(along, base + down, style.color, share); });
    }
  }

 private:
  static bool drawable(Point point) noexcept {
    constexpr double far = 1e7;
    return std::abs(point.x) < far && std::abs(point.y) < far;  // false for NaN, too
  }

  /// The pixels from `low` to `high` that exist among `count`: the first one, and the one behind the last.
  static std::pair<int, int> clip(double low, double high, int count) noexcept {
    const double first = std::clamp(std::floor(low), 0.0, double{1} * count);
    return {static_cast<int>(first), static_cast<int>(std::clamp(std::ceil(high), first, double{1} * count))};
  }

  /// The pixels of the canvas within `margin` of the points.
  image::Rect bounds(std::span<const Point> points, double margin) const noexcept {
    double left = image_.width(), top = image_.height(), right = 0, bottom = 0;
    for (const Point& point : points) {
      if (drawable(point)) {
        left = std::min(left, point.x - margin);
        right = std::max(right, point.x + margin);
        top = std::min(top, point.y - margin);
        bottom = std::max(bottom, point.y + margin);
      }
    }
    const auto [x, x_end] = clip(left, right, image_.width());
    const auto [y, y_end] = clip(top, bottom, image_.height());
    return {y, x, y_end - y, x_end - x};
  }

  /// Raises the shares of the pixels in `box` to what a line from `a` to `b` covers of them: by the distance of their
  /// centres, falling from 1 to 0 within half a pixel on either side of the line's edge.
  static void cover_segment(Point a, Point b, double radius, const image::Rect& box, std::vector<float>& cover) {
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length2 = dx * dx + dy * dy;
    const double reach = radius + 0.5;
    const auto [top, bottom] =
        clip(std::min(a.y, b.y) - reach - box.top, std::max(a.y, b.y) + reach - box.top, box.height);
    for (int row = top; row < bottom; ++row) {
      const double y = box.top + row + 0.5;
      // The part of the segment, from 0 at a to 1 at b, that is near enough to this row.
      double from = 0, to = 1;
      if (dy != 0) {
        const double one = (y - reach - a.y) / dy;
        const double other = (y + reach - a.y) / dy;
        from = std::clamp(std::min(one, other), 0.0, 1.0);
        to = std::clamp(std::max(one, other), 0.0, 1.0);
      }
      const auto [low, high] = std::minmax({a.x + from * dx, a.x + to * dx});
      const auto [left, right] = clip(low - reach - box.left, high + reach - box.left, box.width);
      for (int column = left; column < right; ++column) {
        const double x = box.left + column + 0.5;
        const double along = length2 > 0 ? std::clamp(((x - a.x) * dx + (y - a.y) * dy) / length2, 0.0, 1.0) : 0.0;
        const double distance = std::hypot(x - a.x - along * dx, y - a.y - along * dy);
        float& share = cover[static_cast<std::size_t>(row) * static_cast<std::size_t>(box.width) +
                             static_cast<std::size_t>(column)];
        share = std::max(share, static_cast<float>(std::clamp(reach - distance, 0.0, 1.0)));
      }
    }
  }

  /// Mixes the colour into a pixel, if there is one.
  void blend(int x, int y, Color color, double share) noexcept {
    if (x < 0 || y < 0 || x >= image_.width() || y >= image_.height()) {
      return;
    }
    std::uint8_t* pixel = image_.row(y) + std::ptrdiff_t{x} * 3;
    const auto mix = [share](std::uint8_t below, std::uint8_t above) {
      return static_cast<std::uint8_t>(std::lround(below + share * (above - below)));
    };
    pixel[0] = mix(pixel[0], color.red);
    pixel[1] = mix(pixel[1], color.green);
    pixel[2] = mix(pixel[2], color.blue);
  }

  Image image_;
};

/// The lines from point to point in dashes of `on` pixels and gaps of `off`, for Canvas::polyline. Gaps of the lines
/// stay, and the dashes go on behind them as if there were none.
inline std::vector<Point> dashed(std::span<const Point> points, double on, double off) {
  constexpr Point gap{NAN, NAN};
  std::vector<Point> dashes;
  double along = 0;  // since the beginning of the dash
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Point a = points[i], b = points[i + 1];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    if (!(length < 1e5)) {  // a gap, or far from every image
      dashes.push_back(gap);
      continue;
    }
    const auto at = [&](double way) {
      return length > 0 ? Point{a.x + (b.x - a.x) * way / length, a.y + (b.y - a.y) * way / length} : a;
    };
    if (along < on) {
      dashes.push_back(a);
    }
    for (double way = 0; way < length;) {
      const double step = std::min(length - way, (along < on ? on : on + off) - along);
      way += step;
      along += step;
      if (along >= on + off - 1e-9) {
        along = 0;
        dashes.push_back(at(way));
      } else if (along - step < on) {
        dashes.push_back(at(way));
        if (along >= on - 1e-9) {
          along = on;
          dashes.push_back(gap);
        }
      }
    }
  }
  return dashes;
}

}  // namespace hearth::chart
