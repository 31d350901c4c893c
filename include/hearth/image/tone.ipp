#pragma once

#include <hearth/image/tone.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/byte_table.hpp>

namespace hearth::image {

namespace detail {

/// How often a channel has each of the 256 values.
using Histogram = std::array<std::int64_t, 256>;

inline ByteTable equalizing_table(const Histogram& histogram) {
  std::int64_t pixels = 0;
  std::int64_t last = 0;  // how often the greatest value occurs
  for (const std::int64_t count : histogram) {
    pixels += count;
    last = count > 0 ? count : last;
  }
  const std::int64_t step = (pixels - last) / 255;
  std::int64_t below = step / 2;
  return byte_table([&](std::uint8_t value) {
    const std::int64_t level = step == 0 ? value : below / step;
    below += histogram[value];
    return static_cast<std::uint8_t>(std::min<std::int64_t>(level, 255));
  });
}

inline ByteTable stretching_table(const Histogram& histogram) {
  int low = 0;
  int high = 255;
  while (low < 255 && histogram[static_cast<std::size_t>(low)] == 0) {
    ++low;
  }
  while (high > 0 && histogram[static_cast<std::size_t>(high)] == 0) {
    --high;
  }
  if (high <= low) {
    return byte_table([](std::uint8_t value) { return value; });
  }
  const double scale = 255.0 / (high - low);
  const double offset = -low * scale;
  return byte_table([&](std::uint8_t value) {
    const volatile double product = value * scale;  // else a processor may fuse it with the sum and round otherwise
    return static_cast<std::uint8_t>(std::clamp(product + offset, 0.0, 255.0));
  });
}

/// Maps each channel with the table that `table_of` makes of its histogram.
template <class TableOf>
void map_channels(Image& image, TableOf table_of) {
  std::vector<std::uint8_t>& pixels = image.pixels();
  const auto channels = static_cast<std::size_t>(image.channels());
  for (std::size_t channel = 0; channel < channels; ++channel) {
    Histogram histogram{};
    for (std::size_t i = channel; i < pixels.size(); i += channels) {
      ++histogram[pixels[i]];
    }
    const ByteTable table = table_of(histogram);
    for (std::size_t i = channel; i < pixels.size(); i += channels) {
      pixels[i] = table[pixels[i]];
    }
  }
}

}  // namespace detail

HEARTH_INLINE void invert(Image& image) {
  for (std::uint8_t& value : image.pixels()) {
    value = static_cast<std::uint8_t>(255 - value);
  }
}

HEARTH_INLINE void posterize(Image& image, int bits) {
  core::require(bits >= 1 && bits <= 8, "posterize: bits must be within 1 and 8, but got {}", bits);
  const auto mask = static_cast<std::uint8_t>(0xFF00 >> bits);
  for (std::uint8_t& value : image.pixels()) {
    value = static_cast<std::uint8_t>(value & mask);
  }
}

HEARTH_INLINE void solarize(Image& image, double threshold) {
  look_up(image, byte_table([&](std::uint8_t value) {
            return value < threshold ? value : static_cast<std::uint8_t>(255 - value);
          }));
}

HEARTH_INLINE void equalize(Image& image) {
  detail::map_channels(image, detail::equalizing_table);
}

HEARTH_INLINE void autocontrast(Image& image) {
  detail::map_channels(image, detail::stretching_table);
}

}  // namespace hearth::image
