#pragma once

#include <hearth/image/resample.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hearth/image/resampler.hpp>

namespace hearth {

HEARTH_INLINE Image resize_image(const ImageView& source, image::Size resized, Interpolation interpolation) {
  std::vector<std::uint8_t> pixels;
  image::Resampler resampler;
  resampler.resize(source, resized, {0, 0, resized.height, resized.width}, interpolation, [&](const std::uint8_t* row) {
    pixels.insert(pixels.end(), row, row + std::ptrdiff_t{resized.width} * source.channels);
  });
  return {resized.height, resized.width, source.channels, std::move(pixels)};
}

HEARTH_INLINE Image resize_bilinear(const ImageView& source, image::Size resized) {
  return resize_image(source, resized, Interpolation::bilinear);
}

}  // namespace hearth
