#pragma once

#include <hearth/image/color.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/blend.hpp>
#include <hearth/image/byte_table.hpp>
#include <hearth/image/color_kernels.hpp>
#include <hearth/image/store_pixel.hpp>

namespace hearth::image {

namespace detail {

inline void require_grey_or_rgb(std::string_view operation, const Image& image) {
  core::require(image.channels() == 1 || image.channels() == 3, "{}: an image must have 1 or 3 channels, but got {}",
                operation, image.channels());
}

struct Hsv {
  std::uint8_t h;
  std::uint8_t s;
  std::uint8_t v;
};

/// rgb2hsv_row of Pillow 13 (src/libImaging/Convert.c), float for float.
inline Hsv to_hsv(const std::uint8_t* rgb) noexcept {
  const auto [low, high] = std::minmax({rgb[0], rgb[1], rgb[2]});
  if (low == high) {
    return {0, 0, high};
  }
  const auto range = static_cast<float>(high - low);
  const float red = static_cast<float>(high - rgb[0]) / range;
  const float green = static_cast<float>(high - rgb[1]) / range;
  const float blue = static_cast<float>(high - rgb[2]) / range;
  float hue;  // in sixths of the circle, from -1 to 5
  if (rgb[0] == high) {
    hue = blue - green;
  } else if (rgb[1] == high) {
    hue = static_cast<float>(2.0 + static_cast<double>(red) - static_cast<double>(blue));
  } else {
    hue = static_cast<float>(4.0 + static_cast<double>(green) - static_cast<double>(red));
  }
  const double turned = static_cast<double>(hue) / 6.0 + 1.0;
  const auto share = static_cast<float>(turned < 1.0 ? turned : turned - 1.0);
  const float saturation = range / static_cast<float>(high);
  return {static_cast<std::uint8_t>(static_cast<double>(share) * 255.0),
          static_cast<std::uint8_t>(static_cast<double>(saturation) * 255.0), high};
}

/// hsv2rgb of Pillow 13 (src/libImaging/Convert.c), double for double.
inline void to_rgb(const Hsv& hsv, std::uint8_t* rgb) noexcept {
  const std::uint8_t v = hsv.v;
  if (hsv.s == 0) {
    rgb[0] = rgb[1] = rgb[2] = v;
    return;
  }
  const double sixths = static_cast<double>(hsv.h) * 6.0 / 255.0;
  const int sixth = static_cast<int>(sixths);
  const auto rest = static_cast<float>(sixths - sixth);
  const auto s = static_cast<float>(static_cast<double>(hsv.s) / 255.0);
  const float both = s * rest;
  // round(v * share), with no floating-point sum that a processor may fuse with the product.
  const auto scaled = [v](double share) {
    return static_cast<std::uint8_t>((static_cast<int>(2 * v * share) + 1) / 2);
  };
  const std::uint8_t p = scaled(1.0 - static_cast<double>(s));
  const std::uint8_t q = scaled(1.0 - static_cast<double>(both));
  const std::uint8_t t = scaled(1.0 - static_cast<double>(s) * (1.0 - static_cast<double>(rest)));
  const auto store = [rgb](std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    rgb[0] = red;
    rgb[1] = green;
    rgb[2] = blue;
  };
  switch (sixth % 6) {
    case 0:
      return store(v, t, p);
    case 1:
      return store(q, v, p);
    case 2:
      return store(p, v, t);
    case 3:
      return store(p, q, v);
    case 4:
      return store(t, p, v);
    default:
      return store(v, p, q);
  }
}

}  // namespace detail

HEARTH_INLINE void to_grayscale(Image& image, int channels) {
  detail::require_grey_or_rgb("to_grayscale", image);
  core::require(channels == 1 || channels == 3, "to_grayscale: the result has 1 or 3 channels, but {} were asked for",
                channels);
  if (image.channels() == 1 && channels == 1) {
    return;
  }
  std::vector<std::uint8_t>& pixels = image.pixels();
  const std::size_t count = pixels.size() / static_cast<std::size_t>(image.channels());
  if (image.channels() == 3 && channels == 3) {
    make_grey(image);
    return;
  }
  if (image.channels() == 3) {
    for (std::size_t i = 0; i < count; ++i) {
      store_grey(luma(&pixels[3 * i]), channels, &pixels[static_cast<std::size_t>(channels) * i]);
    }
    image.reset(image.height(), image.width(), channels);
    return;
  }
  image.reset(image.height(), image.width(), 3);
  for (std::size_t i = count; i > 0; --i) {  // from the end: the values move to the right
    store_grey(pixels[i - 1], 3, &pixels[3 * (i - 1)]);
  }
}

HEARTH_INLINE void adjust_brightness(Image& image, double factor) {
  const Blend blend("adjust_brightness", factor);
  look_up(image, byte_table([&](std::uint8_t value) { return blend(0, value); }));
}

HEARTH_INLINE void adjust_contrast(Image& image, double factor) {
  detail::require_grey_or_rgb("adjust_contrast", image);
  const Blend blend("adjust_contrast", factor);
  const std::vector<std::uint8_t>& pixels = image.pixels();
  const auto channels = static_cast<std::size_t>(image.channels());
  if (pixels.empty()) {
    return;
  }
  const std::uint64_t sum =
      channels == 1 ? std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}) : luma_sum(image);
  const double mean = static_cast<double>(sum) / static_cast<double>(pixels.size() / channels);
  const auto grey = static_cast<std::uint8_t>(mean + 0.5);
  look_up(image, byte_table([&](std::uint8_t value) { return blend(grey, value); }));
}

HEARTH_INLINE void adjust_saturation(Image& image, double factor) {
  detail::require_grey_or_rgb("adjust_saturation", image);
  const Blend blend("adjust_saturation", factor);
  if (image.channels() == 1) {
    return;
  }
  saturate(image, blend);
}

HEARTH_INLINE void adjust_hue(Image& image, double factor) {
  detail::require_grey_or_rgb("adjust_hue", image);
  core::require(factor >= -0.5 && factor <= 0.5, "adjust_hue: the factor must be within -0.5 and 0.5, but got {}",
                factor);
  if (image.channels() == 1) {
    return;
  }
  const int turn = static_cast<int>(factor * 255);
  std::vector<std::uint8_t>& pixels = image.pixels();
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::turn_hue_avx512(pixels.data(), pixels.size() / 3, turn);
    return;
  }
  if (simd_level() == Simd::avx2) {
    detail::turn_hue_avx2(pixels.data(), pixels.size() / 3, turn);
    return;
  }
#endif
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    detail::Hsv hsv = detail::to_hsv(&pixels[i]);
    hsv.h = static_cast<std::uint8_t>(hsv.h + turn);  // around the circle
    detail::to_rgb(hsv, &pixels[i]);
  }
}

}  // namespace hearth::image
