/// What transforms make of an image, as bytes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include "transforms/sink.hpp"

/// The bytes that stages of images make of one; they pass through a map of its 256 values to floats, which is exact.
template <class... Stages>
hearth::Image bytes_of(const hearth::ImageView& photo, const hearth::RandomStream& random, const Stages&... stages) {
  const MemorySink sample = sample_of(hearth::Compose{stages..., hearth::ToTensor{}}, photo, random);
  const auto size = [&](std::size_t dimension) { return static_cast<int>(sample.shape[dimension]); };
  hearth::Image image(size(1), size(2), size(0));
  const int plane = image.height() * image.width();
  for (int i = 0; i < plane; ++i) {
    for (int c = 0; c < image.channels(); ++c) {
      const float value = sample.floats[static_cast<std::size_t>(c * plane + i)] * 255.0F;
      image.pixels()[static_cast<std::size_t>(i * image.channels() + c)] =
          static_cast<std::uint8_t>(std::lround(value));
    }
  }
  return image;
}
