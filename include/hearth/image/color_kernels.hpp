/// The inner loops of the operations on colours, each by the instructions in use.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hearth/image/blend.hpp>
#include <hearth/image/byte_table.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/simd.hpp>
#include <hearth/image/store_pixel.hpp>

#ifdef HEARTH_SIMD_X86
#include <hearth/image/color_avx2.hpp>
#include <hearth/image/color_avx512.hpp>
#endif

namespace hearth::image {

/// Looks every value of the image up in the same table.
inline void look_up(Image& image, const ByteTable& table) {
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::look_up_avx512(image.pixels().data(), image.pixels().size(), table);
    return;
  }
#endif
  for (std::uint8_t& value : image.pixels()) {
    value = table[value];
  }
}

/// Looks each channel of an RGB image up in its table.
inline void look_up_rgb(Image& image, const std::array<ByteTable, 3>& tables) {
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::look_up_rgb_avx512(image.pixels().data(), image.pixels().size(), tables);
    return;
  }
#endif
  std::uint8_t* value = image.pixels().data();
  for (std::uint8_t* const end = value + image.pixels().size(); value != end; value += 3) {
    value[0] = tables[0][value[0]];
    value[1] = tables[1][value[1]];
    value[2] = tables[2][value[2]];
  }
}

/// The least and the greatest value of each channel of an RGB image.
inline void find_extremes_rgb(const Image& image, std::array<std::uint8_t, 3>& least,
                              std::array<std::uint8_t, 3>& greatest) {
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::extremes_rgb_avx512(image.pixels().data(), image.pixels().size(), least, greatest);
    return;
  }
#endif
  least.fill(255);
  greatest.fill(0);
  const std::uint8_t* value = image.pixels().data();
  for (const std::uint8_t* const end = value + image.pixels().size(); value != end; value += 3) {
    for (std::size_t c = 0; c < 3; ++c) {
      least[c] = std::min(least[c], value[c]);
      greatest[c] = std::max(greatest[c], value[c]);
    }
  }
}

/// The sum of the luma of an RGB image's pixels.
inline std::uint64_t luma_sum(const Image& image) {
  const std::uint8_t* const pixels = image.pixels().data();
  const std::size_t count = image.pixels().size() / 3;
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    return detail::luma_sum_avx512(pixels, count);
  }
  if (simd_level() == Simd::avx2) {
    return detail::luma_sum_avx2(pixels, count);
  }
#endif
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += luma(pixels + 3 * i);
  }
  return sum;
}

/// Makes an RGB image grey, with three equal channels.
inline void make_grey(Image& image) {
  std::uint8_t* const pixels = image.pixels().data();
  const std::size_t count = image.pixels().size() / 3;
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::make_grey_avx512(pixels, count);
    return;
  }
  if (simd_level() == Simd::avx2) {
    detail::make_grey_avx2(pixels, count);
    return;
  }
#endif
  for (std::size_t i = 0; i < count; ++i) {
    store_grey(luma(pixels + 3 * i), 3, pixels + 3 * i);
  }
}

/// Blends an RGB image with its grey version.
inline void saturate(Image& image, const Blend& blend) {
  std::uint8_t* const pixels = image.pixels().data();
  const std::size_t count = image.pixels().size() / 3;
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::saturate_avx512(pixels, count, blend.factor());
    return;
  }
  if (simd_level() == Simd::avx2) {
    detail::saturate_avx2(pixels, count, blend.factor());
    return;
  }
#endif
  std::array<std::uint8_t, 768> grey;  // some pixels, and then all of their values at once
  for (std::size_t i = 0; i < 3 * count; i += grey.size()) {
    const std::size_t values = std::min(grey.size(), 3 * count - i);
    for (std::size_t j = 0; j < values; j += 3) {
      store_grey(luma(pixels + i + j), 3, &grey[j]);
    }
    blend.row(grey.data(), pixels + i, values);
  }
}

/// Blends `count` values with those of `degenerate`, in place.
inline void blend_values(const Blend& blend, const std::uint8_t* degenerate, std::uint8_t* values, std::size_t count) {
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::blend_values_avx512(degenerate, values, count, blend.factor());
    return;
  }
#endif
  blend.row(degenerate, values, count);
}

/// The weighted mean of each of `count` values, weight 5, and its eight neighbours, weight 1, which lie in these rows
/// at a distance of `pixel` bytes, rounded half up.
inline void smooth_values(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                          std::ptrdiff_t pixel, std::ptrdiff_t count, std::uint8_t* out) {
#ifdef HEARTH_SIMD_X86
  if (simd_level() == Simd::avx512) {
    detail::smooth_avx512(above, here, below, pixel, count, out);
    return;
  }
#endif
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    int sum = 4 * here[i];
    for (const std::uint8_t* const row : {above, here, below}) {
      sum += row[i - pixel] + row[i] + row[i + pixel];
    }
    out[i] = static_cast<std::uint8_t>((2 * sum + 13) / 26);
  }
}

}  // namespace hearth::image
