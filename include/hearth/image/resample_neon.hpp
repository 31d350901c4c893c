/// The kernels of resampling in NEON, whose products have 32 bits: weights go in whole.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_NEON

#include <arm_neon.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_taps.hpp>

namespace hearth::image::detail {

/// Four sums as words.
inline uint16x4_t rounded_neon(int32x4_t sum) noexcept {
  return vqmovun_s32(vshrq_n_s32(sum, ResampleTaps::precision_bits));
}

/// The lower four of eight bytes, in 32 bits each.
inline int32x4_t widened_neon(uint8x8_t bytes) noexcept {
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

/// One RGB pixel at a time: red, green, blue and what follows, which the next pixel overwrites.
inline void stretch_rgb_neon(const std::uint8_t* row, int origin, const ResampleTaps& taps,
                             std::uint8_t* out) noexcept {
  const std::int32_t* weights = taps.weights();
  for (std::size_t x = 0; x < taps.size(); ++x, out += 3, weights += 2 * taps.pair_count()) {
    const std::uint8_t* tap = row + std::ptrdiff_t{taps.firsts()[x] - origin} * 3;
    int32x4_t sum = vdupq_n_s32(resample_half);
    for (int t = 0; t < taps.count(); ++t, tap += 3) {
      sum = vmlaq_n_s32(sum, widened_neon(vld1_u8(tap)), weights[t]);
    }
    const uint16x4_t words = rounded_neon(sum);
    const uint8x8_t bytes = vqmovn_u16(vcombine_u16(words, words));
    const std::uint32_t pixel = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
    std::memcpy(out, &pixel, sizeof pixel);
  }
}

inline void stretch_neon(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                         const StretchTable& table, std::uint8_t* out) noexcept {
  if (channels == 3) {
    stretch_rgb_neon(row, origin, taps, out);
  } else {
    stretch_portable(row, origin, channels, taps, table, out);
  }
}

inline void blend_neon(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                       std::size_t bytes, std::uint8_t* out) noexcept {
  if (bytes < 16) {
    return blend_portable(first, stride, taps, y, bytes, out);
  }
  const std::int32_t* const weights = taps.weights() + y * 2 * taps.pair_count();
  for (std::size_t i = 0; i < bytes; i += 16) {
    i = std::min(i, bytes - 16);  // the last block goes over some bytes again
    const std::uint8_t* tap = first + i;
    int32x4_t sums[4];
    std::fill_n(sums, 4, vdupq_n_s32(resample_half));
    for (int t = 0; t < taps.count(); ++t, tap += stride) {
      const uint8x16_t row = vld1q_u8(tap);
      const uint16x8_t low = vmovl_u8(vget_low_u8(row));
      const uint16x8_t high = vmovl_u8(vget_high_u8(row));
      const uint16x4_t words[4] = {vget_low_u16(low), vget_high_u16(low), vget_low_u16(high), vget_high_u16(high)};
      for (int j = 0; j < 4; ++j) {
        sums[j] = vmlaq_n_s32(sums[j], vreinterpretq_s32_u32(vmovl_u16(words[j])), weights[t]);
      }
    }
    const uint8x8_t left = vqmovn_u16(vcombine_u16(rounded_neon(sums[0]), rounded_neon(sums[1])));
    const uint8x8_t right = vqmovn_u16(vcombine_u16(rounded_neon(sums[2]), rounded_neon(sums[3])));
    vst1q_u8(out + i, vcombine_u8(left, right));
  }
}

}  // namespace hearth::image::detail

#endif  // HEARTH_SIMD_NEON
