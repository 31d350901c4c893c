/// What the tests of pictures look for in their pixels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <hearth/chart/color.hpp>
#include <hearth/image/image.hpp>

namespace pixels {

inline hearth::chart::Color at(const hearth::Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

inline bool is_white(const hearth::Image& image, const hearth::image::Rect& rect) {
  for (int y = rect.top; y < rect.top + rect.height; ++y) {
    for (int x = rect.left; x < rect.left + rect.width; ++x) {
      if (at(image, x, y) != hearth::chart::white) {
        return false;
      }
    }
  }
  return true;
}

/// Whether the outermost pixels are white: nothing is cut off at the edges.
inline bool has_margin(const hearth::Image& image, int margin = 8) {
  return is_white(image, {0, 0, margin, image.width()}) &&
         is_white(image, {image.height() - margin, 0, margin, image.width()}) &&
         is_white(image, {0, 0, image.height(), margin}) &&
         is_white(image, {0, image.width() - margin, image.height(), margin});
}

/// How many pixels have this colour.
inline int count(const hearth::Image& image, hearth::chart::Color color) {
  int sum = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      sum += at(image, x, y) == color ? 1 : 0;
    }
  }
  return sum;
}

/// The smallest rectangle around the pixels of this colour, left of column `end`; of no height where there are none.
inline hearth::image::Rect extent(const hearth::Image& image, hearth::chart::Color color, int end = 1 << 30) {
  int top = image.height(), left = image.width(), bottom = 0, right = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < std::min(image.width(), end); ++x) {
      if (at(image, x, y) == color) {
        top = std::min(top, y);
        left = std::min(left, x);
        bottom = std::max(bottom, y + 1);
        right = std::max(right, x + 1);
      }
    }
  }
  return bottom > top ? hearth::image::Rect{top, left, bottom - top, right - left} : hearth::image::Rect{};
}

/// The image in shades of grey, by the luma of Rec. 601.
inline std::vector<int> grey(const hearth::Image& image) {
  std::vector<int> values;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const hearth::chart::Color color = at(image, x, y);
      values.push_back((299 * color.red + 587 * color.green + 114 * color.blue + 500) / 1000);
    }
  }
  return values;
}

/// How many pixels differ by more than `least` of 255 in grey.
inline int different_in_grey(const hearth::Image& one, const hearth::Image& other, int least) {
  const std::vector<int> a = grey(one), b = grey(other);
  int sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    sum += std::abs(a[i] - b[i]) > least ? 1 : 0;
  }
  return sum;
}

}  // namespace pixels
