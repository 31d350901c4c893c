/// Pixels of any number of channels as an image of one or three.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/image/decoder.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/store_pixel.hpp>

namespace hearth::image {

/// `stored`, which has 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels, as an image of `channels` in
/// `memory`; alpha is dropped.
inline ImageView to_channels(const ImageView& stored, int channels, std::vector<std::uint8_t>& memory) {
  const std::ptrdiff_t stride = std::ptrdiff_t{stored.width} * channels;
  std::uint8_t* const begin =
      reserve(memory, static_cast<std::size_t>(stride) * static_cast<std::size_t>(stored.height));
  std::uint8_t* out = begin;
  for (int y = 0; y < stored.height; ++y) {
    const std::uint8_t* pixel = stored.row(y);
    for (int x = 0; x < stored.width; ++x, pixel += stored.channels, out += channels) {
      if (stored.channels >= 3) {
        store_rgb(pixel, channels, out);
      } else {
        store_grey(*pixel, channels, out);
      }
    }
  }
  return {begin, stored.height, stored.width, channels, stride};
}

}  // namespace hearth::image
