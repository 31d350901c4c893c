/// The shapes of a font's characters, read from its data.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <hearth/chart/coverage.hpp>
#include <hearth/chart/font_data.hpp>

namespace hearth::chart {

/// A shape in ems, x to the right and y downwards from the base line, and the smallest box around it.
struct Shape {
  std::vector<Edge> edges;
  double left = 0, top = 0, right = 0, bottom = 0;  ///< zeros when there are no edges
};

/// Reads the texts of FontData.
class FontReader {
 public:
  explicit FontReader(std::string_view data, std::size_t next = 0) noexcept : data_(data), next_(next) {}

  bool at_end() const noexcept { return next_ >= data_.size(); }
  std::size_t place() const noexcept { return next_; }
  void skip_numbers(std::size_t count) noexcept { next_ += 2 * count; }

  unsigned number() noexcept {
    const unsigned high = digit();
    return high * 64 + digit();
  }

  /// A character, written as two numbers.
  char32_t code() noexcept {
    const char32_t high = number();
    return high << 12 | number();
  }

 private:
  static constexpr std::array<std::uint8_t, 256> values = [] {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> values{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
      values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
  }();

  unsigned digit() noexcept { return values[static_cast<unsigned char>(data_[next_++])]; }

  std::string_view data_;
  std::size_t next_;
};

/// A font: which characters it has, how wide they are, and their shapes, which are read each time.
class FontFace {
 public:
  static constexpr int none = -1;

  explicit FontFace(const FontData& data) : data_(data) {
    int glyph = 0;
    for (FontReader reader(data.codes); !reader.at_end();) {
      const char32_t first = reader.code();
      const int count = static_cast<int>(reader.number());
      runs_.push_back({first, count, glyph});
      glyph += count;
    }
    for (FontReader reader(data.shapes); !reader.at_end();) {
      places_.push_back(reader.place());
      reader.skip_numbers(1);
      const unsigned count = reader.number();
      reader.skip_numbers(count < parts ? std::size_t{count} * 2 : std::size_t{count - parts} * 3);
    }
  }

  /// The number of the character's shape, or `none`.
  int glyph_of(char32_t code) const noexcept {
    auto run = std::upper_bound(runs_.begin(), runs_.end(), code, [](char32_t c, const Run& r) { return c < r.first; });
    if (run == runs_.begin() || code - (--run)->first >= static_cast<char32_t>(run->count)) {
      return none;
    }
    return run->glyph + static_cast<int>(code - run->first);
  }

  /// How far the next letter is from this one, in ems.
  double advance(int glyph) const noexcept { return read(glyph).number() / 1000.0; }

  Shape shape(int glyph) const {
    Shape shape;
    FontReader reader = read(glyph);
    reader.skip_numbers(1);
    const unsigned count = reader.number();
    if (count < parts) {
      add_contours(reader, count, 0, 0, shape.edges);
    }
    for (unsigned i = parts; i < count; ++i) {
      FontReader part = read(static_cast<int>(reader.number()));
      const double x = (reader.number() - 2048.0) / 1000;
      const double y = (reader.number() - 2048.0) / 1000;
      part.skip_numbers(1);
      const unsigned points = part.number();
      add_contours(part, points, x, -y, shape.edges);
    }
    if (!shape.edges.empty()) {
      constexpr double infinity = std::numeric_limits<double>::infinity();
      shape.left = shape.top = infinity;
      shape.right = shape.bottom = -infinity;
    }
    for (const Edge& edge : shape.edges) {
      shape.left = std::min(shape.left, edge.x0);
      shape.right = std::max(shape.right, edge.x0);
      shape.top = std::min(shape.top, edge.y0);
      shape.bottom = std::max(shape.bottom, edge.y0);
    }
    return shape;
  }

 private:
  static constexpr unsigned parts = 2048;  // from here on, a number of points is one of parts

  struct Run {
    char32_t first;
    int count;
    int glyph;
  };
  struct OutlinePoint {
    double x, y;
    bool on_curve;
  };

  FontReader read(int glyph) const noexcept {
    return FontReader(data_.shapes, places_[static_cast<std::size_t>(glyph)]);
  }

  static void add_contours(FontReader reader, unsigned points, double dx, double dy, std::vector<Edge>& edges) {
    std::vector<OutlinePoint> contour;
    for (; points > 0; --points) {
      const unsigned x = reader.number();
      const unsigned y = reader.number();
      const auto ems = [](unsigned value) { return (static_cast<double>(value >> 1) - 512) / 1000; };
      contour.push_back({dx + ems(x), dy - ems(y), (x & 1) != 0});
      if ((y & 1) != 0) {
        add_contour(contour, edges);
        contour.clear();
      }
    }
  }

  /// Walks once around a contour that begins on the curve: a control point makes a curve to the point behind it, or
  /// half the way to it when that is a control point as well.
  static void add_contour(const std::vector<OutlinePoint>& contour, std::vector<Edge>& edges) {
    OutlinePoint at = contour.front();
    for (std::size_t i = 1; i <= contour.size(); ++i) {
      const OutlinePoint& point = contour[i % contour.size()];
      if (point.on_curve) {
        edges.push_back({at.x, at.y, point.x, point.y});
        at = point;
        continue;
      }
      OutlinePoint end = contour[(i + 1) % contour.size()];
      end = end.on_curve ? end : OutlinePoint{(point.x + end.x) / 2, (point.y + end.y) / 2, true};
      constexpr int pieces = 8;
      const OutlinePoint start = at;
      for (int piece = 1; piece <= pieces; ++piece) {
        const double t = double{1} * piece / pieces;
        const double a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
        const OutlinePoint to{a * start.x + b * point.x + c * end.x, a * start.y + b * point.y + c * end.y, true};
        edges.push_back({at.x, at.y, to.x, to.y});
        at = to;
      }
    }
  }

  FontData data_;
  std::vector<Run> runs_;            // by code
  std::vector<std::size_t> places_;  // where each shape begins
};

}  // namespace hearth::chart
