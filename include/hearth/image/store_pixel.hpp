/// One decoded pixel into an image of one or three channels.
#pragma once

#include <cstdint>

namespace hearth::image {

/// PIL's luma of convert("L"): ITU-R 601-2 in 16-bit fixed point.
inline std::uint8_t luma(const std::uint8_t* rgb) noexcept {
  return static_cast<std::uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

/// Writes a grey pixel; `channels` is 1 or 3.
inline void store_grey(std::uint8_t grey, int channels, std::uint8_t* out) noexcept {
  out[0] = grey;
  if (channels == 3) {
    out[1] = out[2] = grey;
  }
}

/// Writes a coloured pixel; `channels` is 1 or 3.
inline void store_rgb(const std::uint8_t* rgb, int channels, std::uint8_t* out) noexcept {
  if (channels == 1) {
    out[0] = luma(rgb);
  } else {
    out[0] = rgb[0];
    out[1] = rgb[1];
    out[2] = rgb[2];
  }
}

}  // namespace hearth::image
