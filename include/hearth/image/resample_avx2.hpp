/// The kernels of resampling in AVX2: as those in SSE4.1, with two pixels side by side.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_sse4.hpp>
#include <hearth/image/resample_taps.hpp>

namespace hearth::image::detail {

HEARTH_AVX2 inline __m256i load_2x8_avx2(const void* lower, const void* upper) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadl_epi64(static_cast<const __m128i*>(lower))),
                                 _mm_loadl_epi64(static_cast<const __m128i*>(upper)), 1);
}

HEARTH_AVX2 inline __m256i load_2x16_avx2(const void* lower, const void* upper) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(lower))),
                                 _mm_loadu_si128(static_cast<const __m128i*>(upper)), 1);
}

HEARTH_AVX2 inline __m256i joined_avx2(__m256i high, __m256i low) noexcept {
  const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, ResampleTaps::half_bits), low);
  return _mm256_srai_epi32(sum, ResampleTaps::precision_bits);
}

/// Two RGB pixels, each as red, green, blue and nothing.
HEARTH_AVX2 inline __m256i rgb_pixels_avx2(const std::uint8_t* tap, const std::uint8_t* upper_tap,
                                           const ResampleTaps::Pair* pair, const ResampleTaps::Pair* upper_pair,
                                           int count) noexcept {
  const __m256i first_pair = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                              0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m256i second_pair = _mm256_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1,  //
                                               6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_set1_epi32(resample_half);
  for (; count > 2; count -= 4, tap += 12, upper_tap += 12, pair += 2, upper_pair += 2) {
    const __m256i bytes = load_2x16_avx2(tap, upper_tap);
    const __m256i weights = load_2x16_avx2(pair, upper_pair);  // high low high low
    const __m256i first = _mm256_shuffle_epi8(bytes, first_pair);
    const __m256i second = _mm256_shuffle_epi8(bytes, second_pair);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(first, _mm256_shuffle_epi32(weights, 0x00)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(first, _mm256_shuffle_epi32(weights, 0x55)));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(second, _mm256_shuffle_epi32(weights, 0xAA)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(second, _mm256_shuffle_epi32(weights, 0xFF)));
  }
  if (count > 0) {
    const __m256i weights = load_2x8_avx2(pair, upper_pair);
    const __m256i first = _mm256_shuffle_epi8(load_2x8_avx2(tap, upper_tap), first_pair);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(first, _mm256_shuffle_epi32(weights, 0x00)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(first, _mm256_shuffle_epi32(weights, 0x55)));
  }
  return joined_avx2(high, low);
}

HEARTH_AVX2 inline void stretch_rgb_avx2(const std::uint8_t* row, int origin, const ResampleTaps& taps,
                                         std::uint8_t* out) noexcept {
  const __m256i without_gaps = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,  //
                                                0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const std::size_t pairs = taps.pair_count();
  const std::size_t last = taps.size() - 1;
  const int* const firsts = taps.firsts();
  for (std::size_t x = 0; x <= last; x += 8, out += 24) {
    __m256i pixels[4];  // x and x + 4, x + 1 and x + 5, …
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t at = std::min(x + i, last);
      const std::size_t upper = std::min(x + i + 4, last);
      pixels[i] = rgb_pixels_avx2(row + std::ptrdiff_t{firsts[at] - origin} * 3,
                                  row + std::ptrdiff_t{firsts[upper] - origin} * 3, taps.pairs() + at * pairs,
                                  taps.pairs() + upper * pairs, taps.count());
    }
    const __m256i words = _mm256_packs_epi32(pixels[0], pixels[1]);
    const __m256i more = _mm256_packs_epi32(pixels[2], pixels[3]);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(words, more), without_gaps);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 12), _mm256_extracti128_si256(bytes, 1));
  }
}

inline void stretch_avx2(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                         const StretchTable& table, std::uint8_t* out) noexcept {
  if (channels == 3) {
    stretch_rgb_avx2(row, origin, taps, out);
  } else {
    stretch_sse4(row, origin, channels, taps, table, out);
  }
}

HEARTH_AVX2 inline void blend_avx2(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps,
                                   std::size_t y, std::size_t bytes, std::uint8_t* out) noexcept {
  if (bytes < 32) {
    return blend_sse4(first, stride, taps, y, bytes, out);
  }
  const __m256i zero = _mm256_setzero_si256();
  const ResampleTaps::Pair* const pairs = taps.pairs() + y * taps.pair_count();
  const int count = taps.count();
  const auto* const rows = reinterpret_cast<const char*>(first);
  for (std::size_t i = 0; i < bytes; i += 32) {
    i = std::min(i, bytes - 32);  // the last block goes over some bytes again
    const char* tap = rows + i;
    __m256i high[4] = {zero, zero, zero, zero};
    __m256i low[4];
    std::fill_n(low, 4, _mm256_set1_epi32(resample_half));
    for (int t = 0; t < count; t += 2, tap += 2 * stride) {
      const ResampleTaps::Pair& pair = pairs[t / 2];
      const __m256i high_weights = _mm256_set1_epi32(static_cast<int>(pair.high));
      const __m256i low_weights = _mm256_set1_epi32(static_cast<int>(pair.low));
      const __m256i even = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tap));
      const __m256i odd = t + 1 < count ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tap + stride)) : zero;
      const __m256i left = _mm256_unpacklo_epi8(even, odd);
      const __m256i right = _mm256_unpackhi_epi8(even, odd);
      const __m256i words[4] = {_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
                                _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
      for (int j = 0; j < 4; ++j) {
        high[j] = _mm256_add_epi32(high[j], _mm256_madd_epi16(words[j], high_weights));
        low[j] = _mm256_add_epi32(low[j], _mm256_madd_epi16(words[j], low_weights));
      }
    }
    const __m256i left = _mm256_packs_epi32(joined_avx2(high[0], low[0]), joined_avx2(high[1], low[1]));
    const __m256i right = _mm256_packs_epi32(joined_avx2(high[2], low[2]), joined_avx2(high[3], low[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_packus_epi16(left, right));
  }
}

}  // namespace hearth::image::detail

#endif  // HEARTH_SIMD_X86
