#pragma once

#include <hearth/image/pad.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include <hearth/image/warp.hpp>

namespace hearth::image {

namespace detail {

/// Which of `count` pixels in a row lies at `position`, which may be outside; -1: none.
inline int padded_position(int position, int count, PaddingMode mode) noexcept {
  if (position >= 0 && position < count) {
    return position;
  }
  const auto within = [position](int period) { return (position % period + period) % period; };
  switch (mode) {
    case PaddingMode::constant:
      return -1;
    case PaddingMode::edge:
      return position < 0 ? 0 : count - 1;
    case PaddingMode::reflect: {
      const int last = count - 1;
      return last == 0 ? 0 : last - std::abs(last - within(2 * last));
    }
    case PaddingMode::symmetric:
      return std::min(within(2 * count), 2 * count - 1 - within(2 * count));
  }
  return -1;
}

/// Which of `source` pixels each of `target` takes when `before` are added in front and `after` behind; -1: none.
inline std::vector<int> padded_positions(int source, int before, int after, PaddingMode mode) {
  // What is cut off is gone before the rest is mirrored.
  const int cut = std::max(-before, 0);
  const int left = source - cut - std::max(-after, 0);
  std::vector<int> positions(static_cast<std::size_t>(source + before + after));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const int own = padded_position(static_cast<int>(i) - std::max(before, 0), left, mode);
    positions[i] = own < 0 ? -1 : own + cut;
  }
  return positions;
}

}  // namespace detail

HEARTH_INLINE void pad(const ImageView& source, const Padding& padding, PaddingMode mode,
                       std::span<const std::uint8_t> fill, Image& out) {
  const Size size = padded(source.size(), padding);
  check_warp(source, size, "pad");
  const auto all_cut = [](int count, int before, int after) {
    return count - std::max(-before, 0) - std::max(-after, 0) < 1;
  };
  core::require(
      mode == PaddingMode::constant ||
          (!all_cut(source.height, padding.top, padding.bottom) && !all_cut(source.width, padding.left, padding.right)),
      "pad: nothing is left of an image of {} x {} pixels to repeat at its sides", source.height, source.width);
  const std::vector<int> rows = detail::padded_positions(source.height, padding.top, padding.bottom, mode);
  const std::vector<int> columns = detail::padded_positions(source.width, padding.left, padding.right, mode);
  const FillPixel outside = fill_pixel(fill, source.channels, "pad");
  out.reset(size.height, size.width, source.channels);
  take_grid(source, rows, columns, outside.data(), out);
}

}  // namespace hearth::image
