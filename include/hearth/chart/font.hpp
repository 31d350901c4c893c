/// Short English text as anti-aliased ink: the lettering of the images that the library draws.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/chart/coverage.hpp>
#include <hearth/chart/font_data.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

namespace detail {

struct Letter {
  double advance = 0;
  std::vector<Edge> edges;
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Reads the letters of `aileron_regular`.
class LetterReader {
 public:
  std::array<Letter, 95> read_all() {
    std::array<Letter, 95> letters;
    std::generate(letters.begin(), letters.end(), [this] { return read_letter(); });
    return letters;
  }

 private:
  struct OutlinePoint {
    double x, y;
    bool on_curve;
  };

  unsigned number() {
    const auto digit = [this] {
      constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      return static_cast<unsigned>(digits.find(aileron_regular[next_++]));
    };
    const unsigned high = digit();
    return high * 64 + digit();
  }

  static double ems(unsigned coordinate) { return (static_cast<double>(coordinate >> 1) - 512) / 1000; }

  Letter read_letter() {
    Letter letter;
    letter.advance = number() / 1000.0;
    std::vector<OutlinePoint> contour;
    for (unsigned left = number(); left > 0; --left) {
      const unsigned x = number();
      const unsigned y = number();
      contour.push_back({ems(x), -ems(y), (x & 1) != 0});
      if ((y & 1) != 0) {
        add_contour(contour, letter.edges);
        contour.clear();
      }
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    letter.left = letter.top = infinity;
    letter.right = letter.bottom = -infinity;
    for (const Edge& edge : letter.edges) {
      letter.left = std::min(letter.left, edge.x0);
      letter.right = std::max(letter.right, edge.x0);
      letter.top = std::min(letter.top, edge.y0);
      letter.bottom = std::max(letter.bottom, edge.y0);
    }
    return letter;
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

  std::size_t next_ = 0;
};

/// The letter of a byte of UTF-8 text.
inline const Letter& letter_of(char byte) {
  static const std::array<Letter, 95> letters = LetterReader{}.read_all();
  const bool printable = byte >= ' ' && byte <= '~';
  return letters[static_cast<std::size_t>((printable ? byte : '?') - ' ')];
}

/// Calls `place(letter, x)` for the letters of a line of text that starts at x = 0, and returns where it ends.
template <class Place>
double lay_out(std::string_view text, double size, Place&& place) {
  core::require(size >= 1 && size <= 1000, "text: size must be from 1 to 1000 pixels, but got {}", size);
  double x = 0;
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) {  // it begins a character
      const Letter& letter = letter_of(byte);
      place(letter, x);
      x += letter.advance * size;
    }
  }
  return x;
}

}  // namespace detail

/// The height of a capital letter, as a share of the size of the text.
inline constexpr double cap_height = 0.69;

/// The width in pixels of a line of text; `size` is the em in pixels. What is not printable ASCII counts as `?`.
/// Throws Error when the size is not from 1 to 1000.
inline double text_width(std::string_view text, double size) {
  return detail::lay_out(text, size, [](const detail::Letter&, double) {});
}

/// The text, or as much of its beginning as fits into `width` pixels with "..." behind it.
inline std::string fitting_text(std::string text, double size, double width) {
  if (text_width(text, size) <= width) {
    return text;
  }
  while (!text.empty() && text_width(text + "...", size) > width) {
    text.pop_back();
  }
  return text + "...";
}

/// Calls `ink(column, row, share)` for the pixels that a line of text covers, with the share that it covers, in (0, 1].
/// The text starts at column `start`, which need not be whole; rows count down from the base line, so that the pixels
/// of an `E` have the rows -1, -2 and so on. `size` is the em in pixels. What is not printable ASCII shows as `?`.
/// Throws Error when the size is not from 1 to 1000.
template <class Ink>
void draw_text(std::string_view text, double size, double start, Ink&& ink) {
  detail::lay_out(text, size, [&](const detail::Letter& letter, double offset) {
    if (letter.edges.empty()) {
      return;
    }
    const double x = start + offset;
    const double left = std::floor(x + letter.left * size) - 1;  // room for what rounding puts beside the letter
    const double top = std::floor(letter.top * size);
    Coverage coverage(static_cast<int>(std::ceil(x + letter.right * size) + 1 - left),
                      static_cast<int>(std::ceil(letter.bottom * size) - top));
    for (const Edge& edge : letter.edges) {
      coverage.add({x + edge.x0 * size - left, edge.y0 * size - top, x + edge.x1 * size - left, edge.y1 * size - top});
    }
    coverage.each([&](int column, int row, double share) {
      ink(static_cast<int>(left) + column, static_cast<int>(top) + row, share);
    });
  });
}

}  // namespace hearth::chart
