/// Places in an image, and where those of a result lie in its source.
#pragma once

#include <array>

namespace hearth::image {

/// A place in an image in pixels, from the outer corner of the upper left one; the middle of that is (0.5, 0.5).
struct Point {
  double x = 0;
  double y = 0;
  friend constexpr bool operator==(const Point&, const Point&) = default;
};

/// Where the point (x, y) of the result lies in the source: (a x + b y + c, d x + e y + f), as {a, b, c, d, e, f}.
using AffineMatrix = std::array<double, 6>;

}  // namespace hearth::image
