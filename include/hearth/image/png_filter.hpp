/// The filters of PNG's rows (W3C, "Portable Network Graphics Specification", second edition, 9), undone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hearth::image {

/// Of left, above and corner the one that is nearest to left + above - corner; of two that are equally near, the
/// first in this order.
constexpr int paeth(int left, int above, int corner) noexcept {
  const int across = above - corner;
  const int down = left - corner;
  const int to_left = across < 0 ? -across : across;
  const int to_above = down < 0 ? -down : down;
  const int to_corner = across + down < 0 ? -(across + down) : across + down;
  const int nearest = to_corner < to_above ? corner : above;
  return to_left <= std::min(to_above, to_corner) ? left : nearest;
}

/// Undoes the filters that look to the left, in a row of whole pixels of `Pixel` bytes; the pixel to the left stays in
/// registers. `predict(left, above, corner)` is what was subtracted.
template <std::size_t Pixel, class Predict>
void unfilter_pixels(std::span<std::uint8_t> row, const std::uint8_t* above, const Predict& predict) noexcept {
  std::array<int, Pixel> left{};
  std::array<int, Pixel> corner{};
  for (std::size_t i = 0; i + Pixel <= row.size(); i += Pixel) {
    for (std::size_t k = 0; k < Pixel; ++k) {
      const int up = above[i + k];
      left[k] = (row[i + k] + predict(left[k], up, corner[k])) & 255;
      corner[k] = up;
      row[i + k] = static_cast<std::uint8_t>(left[k]);
    }
  }
}

template <std::size_t Pixel>
bool unfilter_pixels(int filter, std::span<std::uint8_t> row, const std::uint8_t* above) noexcept {
  switch (filter) {
    case 0:
      return true;
    case 1:
      unfilter_pixels<Pixel>(row, above, [](int left, int, int) { return left; });
      return true;
    case 2: {
      std::uint8_t* const __restrict out = row.data();
      for (std::size_t i = 0; i < row.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(out[i] + above[i]);
      }
      return true;
    }
    case 3:
      unfilter_pixels<Pixel>(row, above, [](int left, int up, int) { return (left + up) / 2; });
      return true;
    case 4:
      unfilter_pixels<Pixel>(row, above, [](int left, int up, int corner) { return paeth(left, up, corner); });
      return true;
    default:
      return false;
  }
}

/// Undoes the filter of one row, whose pixels are of `pixel` bytes: 1, 2, 3, 4, 6 or 8. `above` is the row before it,
/// after that, or zeros. Returns false for a filter that PNG does not have.
inline bool unfilter(int filter, std::size_t pixel, std::span<std::uint8_t> row, const std::uint8_t* above) noexcept {
  switch (pixel) {
    case 1:
      return unfilter_pixels<1>(filter, row, above);
    case 2:
      return unfilter_pixels<2>(filter, row, above);
    case 3:
      return unfilter_pixels<3>(filter, row, above);
    case 4:
      return unfilter_pixels<4>(filter, row, above);
    case 6:
      return unfilter_pixels<6>(filter, row, above);
    default:
      return unfilter_pixels<8>(filter, row, above);
  }
}

}  // namespace hearth::image
