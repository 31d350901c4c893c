/// The kernels of resampling in SSE4.1. A product of 8 and 22 bits doesn't fit its 16-bit multiplier, so each weight
/// goes in as two halves of 11 bits whose sums are joined at the end; both are exact.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_taps.hpp>

namespace hearth::image::detail {

HEARTH_SSE4 inline __m128i load_8_sse4(const void* bytes) noexcept {
  return _mm_loadl_epi64(static_cast<const __m128i*>(bytes));
}

HEARTH_SSE4 inline __m128i load_16_sse4(const void* bytes) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

/// The sums of products with the high and with the low halves of weights, joined and rounded.
HEARTH_SSE4 inline __m128i joined_sse4(__m128i high, __m128i low) noexcept {
  const __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, ResampleTaps::half_bits), low);
  return _mm_srai_epi32(sum, ResampleTaps::precision_bits);
}

/// One RGB pixel: red, green, blue and nothing.
HEARTH_SSE4 inline __m128i rgb_pixel_sse4(const std::uint8_t* tap, const ResampleTaps::Pair* pair, int count) noexcept {
  const __m128i first_pair = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m128i second_pair = _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m128i high = _mm_setzero_si128();
  __m128i low = _mm_set1_epi32(resample_half);
  for (; count > 2; count -= 4, tap += 12, pair += 2) {
    const __m128i bytes = load_16_sse4(tap);
    const __m128i weights = load_16_sse4(pair);  // high low high low
    const __m128i first = _mm_shuffle_epi8(bytes, first_pair);
    const __m128i second = _mm_shuffle_epi8(bytes, second_pair);
    high = _mm_add_epi32(high, _mm_madd_epi16(first, _mm_shuffle_epi32(weights, 0x00)));
    low = _mm_add_epi32(low, _mm_madd_epi16(first, _mm_shuffle_epi32(weights, 0x55)));
    high = _mm_add_epi32(high, _mm_madd_epi16(second, _mm_shuffle_epi32(weights, 0xAA)));
    low = _mm_add_epi32(low, _mm_madd_epi16(second, _mm_shuffle_epi32(weights, 0xFF)));
  }
  if (count > 0) {
    const __m128i weights = load_8_sse4(pair);
    const __m128i first = _mm_shuffle_epi8(load_8_sse4(tap), first_pair);
    high = _mm_add_epi32(high, _mm_madd_epi16(first, _mm_shuffle_epi32(weights, 0x00)));
    low = _mm_add_epi32(low, _mm_madd_epi16(first, _mm_shuffle_epi32(weights, 0x55)));
  }
  return joined_sse4(high, low);
}

HEARTH_SSE4 inline void stretch_rgb_sse4(const std::uint8_t* row, int origin, const ResampleTaps& taps,
                                         std::uint8_t* out) noexcept {
  const __m128i without_gaps = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const std::size_t pairs = taps.pair_count();
  const std::size_t last = taps.size() - 1;
  for (std::size_t x = 0; x <= last; x += 4, out += 12) {
    __m128i pixels[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = std::min(x + i, last);
      pixels[i] =
          rgb_pixel_sse4(row + std::ptrdiff_t{taps.firsts()[at] - origin} * 3, taps.pairs() + at * pairs, taps.count());
    }
    const __m128i words = _mm_packs_epi32(pixels[0], pixels[1]);
    const __m128i more = _mm_packs_epi32(pixels[2], pixels[3]);
    const __m128i bytes = _mm_shuffle_epi8(_mm_packus_epi16(words, more), without_gaps);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
  }
}

/// Four grey pixels at a time, each by itself: taps lie side by side.
HEARTH_SSE4 inline void stretch_grey_sse4(const std::uint8_t* row, int origin, const ResampleTaps& taps,
                                          std::uint8_t* out) noexcept {
  const std::size_t pairs = taps.pair_count();
  const std::size_t last = taps.size() - 1;
  for (std::size_t x = 0; x <= last; x += 4, out += 4) {
    __m128i highs[4];
    __m128i lows[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = std::min(x + i, last);
      const std::uint8_t* tap = row + (taps.firsts()[at] - origin);
      const ResampleTaps::Pair* pair = taps.pairs() + at * pairs;
      __m128i high = _mm_setzero_si128();
      __m128i low = _mm_setzero_si128();
      std::size_t p = 0;
      for (; p + 4 <= pairs; p += 4, tap += 8, pair += 4) {
        const __m128i bytes = _mm_cvtepu8_epi16(load_8_sse4(tap));
        const __m128 some = _mm_castsi128_ps(load_16_sse4(pair));
        const __m128 others = _mm_castsi128_ps(load_16_sse4(pair + 2));
        high = _mm_add_epi32(high, _mm_madd_epi16(bytes, _mm_castps_si128(_mm_shuffle_ps(some, others, 0x88))));
        low = _mm_add_epi32(low, _mm_madd_epi16(bytes, _mm_castps_si128(_mm_shuffle_ps(some, others, 0xDD))));
      }
      for (; p < pairs; ++p, tap += 2, ++pair) {
        std::uint16_t two;
        std::memcpy(&two, tap, sizeof two);
        const __m128i bytes = _mm_cvtepu8_epi16(_mm_cvtsi32_si128(two));
        high = _mm_add_epi32(high, _mm_madd_epi16(bytes, _mm_cvtsi32_si128(static_cast<int>(pair->high))));
        low = _mm_add_epi32(low, _mm_madd_epi16(bytes, _mm_cvtsi32_si128(static_cast<int>(pair->low))));
      }
      highs[i] = high;
      lows[i] = low;
    }
    const __m128i high = _mm_hadd_epi32(_mm_hadd_epi32(highs[0], highs[1]), _mm_hadd_epi32(highs[2], highs[3]));
    const __m128i low = _mm_hadd_epi32(_mm_hadd_epi32(lows[0], lows[1]), _mm_hadd_epi32(lows[2], lows[3]));
    const __m128i words = _mm_packs_epi32(joined_sse4(high, _mm_add_epi32(low, _mm_set1_epi32(resample_half))), low);
    const int pixels = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(out, &pixels, sizeof pixels);
  }
}

inline void stretch_sse4(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                         const StretchTable& table, std::uint8_t* out) noexcept {
  if (channels == 3) {
    stretch_rgb_sse4(row, origin, taps, out);
  } else if (channels == 1) {
    stretch_grey_sse4(row, origin, taps, out);
  } else {
    stretch_portable(row, origin, channels, taps, table, out);
  }
}

HEARTH_SSE4 inline void blend_sse4(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps,
                                   std::size_t y, std::size_t bytes, std::uint8_t* out) noexcept {
  if (bytes < 16) {
    return blend_portable(first, stride, taps, y, bytes, out);
  }
  const __m128i zero = _mm_setzero_si128();
  const ResampleTaps::Pair* const pairs = taps.pairs() + y * taps.pair_count();
  const int count = taps.count();
  for (std::size_t i = 0; i < bytes; i += 16) {
    i = std::min(i, bytes - 16);  // the last block goes over some bytes again
    const std::uint8_t* tap = first + i;
    __m128i high[4] = {zero, zero, zero, zero};
    __m128i low[4];
    std::fill_n(low, 4, _mm_set1_epi32(resample_half));
    for (int t = 0; t < count; t += 2, tap += 2 * stride) {
      const ResampleTaps::Pair& pair = pairs[t / 2];
      const __m128i high_weights = _mm_set1_epi32(static_cast<int>(pair.high));
      const __m128i low_weights = _mm_set1_epi32(static_cast<int>(pair.low));
      const __m128i even = load_16_sse4(tap);
      const __m128i odd = t + 1 < count ? load_16_sse4(tap + stride) : zero;
      const __m128i left = _mm_unpacklo_epi8(even, odd);
      const __m128i right = _mm_unpackhi_epi8(even, odd);
      const __m128i words[4] = {_mm_unpacklo_epi8(left, zero), _mm_unpackhi_epi8(left, zero),
                                _mm_unpacklo_epi8(right, zero), _mm_unpackhi_epi8(right, zero)};
      for (int j = 0; j < 4; ++j) {
        high[j] = _mm_add_epi32(high[j], _mm_madd_epi16(words[j], high_weights));
        low[j] = _mm_add_epi32(low[j], _mm_madd_epi16(words[j], low_weights));
      }
    }
    const __m128i left = _mm_packs_epi32(joined_sse4(high[0], low[0]), joined_sse4(high[1], low[1]));
    const __m128i right = _mm_packs_epi32(joined_sse4(high[2], low[2]), joined_sse4(high[3], low[3]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(left, right));
  }
}

}  // namespace hearth::image::detail

#endif  // HEARTH_SIMD_X86
