#pragma once

#include <hearth/image/tone.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/byte_table.hpp>
#include <hearth/image/color_kernels.hpp>

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

/// Stretches what lies between `low` and `high`, the least and the greatest value.
inline ByteTable stretching_table(int low, int high) {
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

inline Histogram histogram_of(const std::vector<std::uint8_t>& pixels, std::size_t channel, std::size_t channels) {
  Histogram histogram{};
  for (std::size_t i = channel; i < pixels.size(); i += channels) {
    ++histogram[pixels[i]];
  }
  return histogram;
}

/// Those of the channels of an RGB image. Two pixels in turn are counted apart: the next one's count need not wait.
inline std::array<Histogram, 3> histograms_rgb(const std::vector<std::uint8_t>& pixels) {
  std::array<std::array<std::array<std::uint32_t, 256>, 3>, 2> counts{};
  std::array<Histogram, 3> histograms{};
  const auto empty = [&] {
    for (auto& half : counts) {
      for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t value = 0; value < 256; ++value) {
          histograms[c][value] += half[c][value];
        }
        half[c].fill(0);
      }
    }
  };
  constexpr std::size_t often = std::size_t{3} << 30;  // bytes, before a count could overflow
  for (std::size_t begin = 0; begin < pixels.size(); begin += often) {
    const std::size_t end = std::min(begin + often, pixels.size());
    for (std::size_t i = begin; i < end; i += 3) {
      auto& half = counts[i & 1];  // of bytes 0 and 3, 6 and 9, …
      ++half[0][pixels[i]];
      ++half[1][pixels[i + 1]];
      ++half[2][pixels[i + 2]];
    }
    empty();
  }
  return histograms;
}

/// Looks one channel up.
inline void look_up_channel(std::vector<std::uint8_t>& pixels, std::size_t channel, std::size_t channels,
                            const ByteTable& table) {
  for (std::size_t i = channel; i < pixels.size(); i += channels) {
    pixels[i] = table[pixels[i]];
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
  const auto channels = static_cast<std::size_t>(image.channels());
  if (channels == 3) {
    const std::array<detail::Histogram, 3> histograms = detail::histograms_rgb(image.pixels());
    look_up_rgb(image, {detail::equalizing_table(histograms[0]), detail::equalizing_table(histograms[1]),
                        detail::equalizing_table(histograms[2])});
    return;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const ByteTable table = detail::equalizing_table(detail::histogram_of(image.pixels(), c, channels));
    detail::look_up_channel(image.pixels(), c, channels, table);
  }
}

HEARTH_INLINE void autocontrast(Image& image) {
  const auto channels = static_cast<std::size_t>(image.channels());
  if (channels == 3) {
    std::array<std::uint8_t, 3> least;
    std::array<std::uint8_t, 3> greatest;
    find_extremes_rgb(image, least, greatest);
    look_up_rgb(image,
                {detail::stretching_table(least[0], greatest[0]), detail::stretching_table(least[1], greatest[1]),
                 detail::stretching_table(least[2], greatest[2])});
    return;
  }
  std::vector<std::uint8_t>& pixels = image.pixels();
  for (std::size_t c = 0; c < channels; ++c) {
    int least = 255;
    int greatest = 0;
    for (std::size_t i = c; i < pixels.size(); i += channels) {
      least = std::min<int>(least, pixels[i]);
      greatest = std::max<int>(greatest, pixels[i]);
    }
    detail::look_up_channel(pixels, c, channels, detail::stretching_table(least, greatest));
  }
}

}  // namespace hearth::image
