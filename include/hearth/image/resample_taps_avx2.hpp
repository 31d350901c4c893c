/// The taps of the bilinear filter in AVX2, four target pixels at a time, with the operations of the portable version
/// in their order.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace hearth::image::detail {

/// Where the filter lies about target pixels `begin` and those that follow.
struct TapSpans {
  double offset;
  double scale;
  double support;
  double sharpness;
  int source;
  int begin;
};

HEARTH_AVX2_UNFUSED inline __m256d centers_avx2(const TapSpans& spans, std::size_t i) noexcept {
  const __m128i pixels = _mm_add_epi32(_mm_set1_epi32(spans.begin + static_cast<int>(i)), _mm_setr_epi32(0, 1, 2, 3));
  const __m256d middles = _mm256_add_pd(_mm256_cvtepi32_pd(pixels), _mm256_set1_pd(0.5));
  __m256d scaled = _mm256_mul_pd(middles, _mm256_set1_pd(spans.scale));
  HEARTH_UNFUSED(scaled);
  return _mm256_add_pd(_mm256_set1_pd(spans.offset), scaled);
}

/// The first source pixel and the number of them for each of `size` target pixels and of those up to the next multiple
/// of four; returns the greatest number among the first `size`.
HEARTH_AVX2_UNFUSED inline int find_spans_avx2(const TapSpans& spans, std::size_t size, int* firsts,
                                               int* counts) noexcept {
  const __m256d support = _mm256_set1_pd(spans.support);
  const __m256d half = _mm256_set1_pd(0.5);
  __m128i most = _mm_setzero_si128();
  for (std::size_t i = 0; i < size; i += 4) {
    const __m256d center = centers_avx2(spans, i);
    const __m128i low = _mm256_cvttpd_epi32(_mm256_add_pd(_mm256_sub_pd(center, support), half));
    const __m128i high = _mm256_cvttpd_epi32(_mm256_add_pd(_mm256_add_pd(center, support), half));
    const __m128i first = _mm_max_epi32(low, _mm_setzero_si128());
    const __m128i count = _mm_sub_epi32(_mm_min_epi32(high, _mm_set1_epi32(spans.source)), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(firsts + i), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(counts + i), count);
    const __m128i taken = _mm_cmpgt_epi32(_mm_set1_epi32(static_cast<int>(std::min<std::size_t>(size - i, 4))),
                                          _mm_setr_epi32(0, 1, 2, 3));
    most = _mm_max_epi32(most, _mm_and_si128(count, taken));
  }
  most = _mm_max_epi32(most, _mm_shuffle_epi32(most, 0x4E));
  return _mm_cvtsi128_si32(_mm_max_epi32(most, _mm_shuffle_epi32(most, 0xB1)));
}

/// Makes the weights of `padded` target pixels, a multiple of four, each with `count` taps that end before source pixel
/// `end`: `firsts` are moved so that they do. `shares` has room for 4 * count numbers; the weights of a pixel, of which
/// `weights` holds zeros, begin at a distance of `count` rounded up to an even number.
HEARTH_AVX2_UNFUSED inline void weigh_bilinear_avx2(const TapSpans& spans, std::size_t padded, int count, int end,
                                                    int* firsts, const int* counts, double* shares,
                                                    std::int32_t* weights) noexcept {
  const std::ptrdiff_t next = (count + 1) / 2 * 2;
  const __m256d sharpness = _mm256_set1_pd(spans.sharpness);
  const __m256d half = _mm256_set1_pd(0.5);
  const __m256d unit = _mm256_set1_pd(1 << 22);
  const __m256d sign = _mm256_set1_pd(-0.0);
  for (std::size_t i = 0; i < padded; i += 4, weights += 4 * next) {
    const __m256d center = centers_avx2(spans, i);
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(firsts + i));
    const __m128i own_count = _mm_loadu_si128(reinterpret_cast<const __m128i*>(counts + i));
    const __m128i moved = _mm_min_epi32(first, _mm_set1_epi32(end - count));
    const __m128i shift = _mm_sub_epi32(first, moved);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(firsts + i), moved);
    __m256d sum = _mm256_setzero_pd();
    for (int t = 0; t < count; ++t) {
      const __m256d at = _mm256_cvtepi32_pd(_mm_add_epi32(_mm_set1_epi32(t), first));
      const __m256d distance = _mm256_mul_pd(_mm256_add_pd(_mm256_sub_pd(at, center), half), sharpness);
      const __m256d share =
          _mm256_max_pd(_mm256_sub_pd(_mm256_set1_pd(1.0), _mm256_andnot_pd(sign, distance)), _mm256_setzero_pd());
      const __m256i own = _mm256_cvtepi32_epi64(_mm_cmpgt_epi32(own_count, _mm_set1_epi32(t)));
      const __m256d taken = _mm256_and_pd(share, _mm256_castsi256_pd(own));
      _mm256_storeu_pd(shares + 4 * t, taken);
      sum = _mm256_add_pd(sum, taken);
    }
    const bool in_place = _mm_testz_si128(shift, shift) != 0;
    alignas(16) int shifts[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(shifts), shift);
    const auto weight = [=](int t) HEARTH_AVX2_UNFUSED {
      const __m256d share = _mm256_div_pd(_mm256_loadu_pd(shares + 4 * t), sum);
      __m256d scaled = _mm256_mul_pd(share, unit);
      HEARTH_UNFUSED(scaled);
      return _mm256_cvttpd_epi32(_mm256_add_pd(scaled, half));
    };
    if (count == 2 && in_place) {
      const __m128i even = weight(0);
      const __m128i odd = weight(1);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(weights), _mm_unpacklo_epi32(even, odd));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(weights + 4), _mm_unpackhi_epi32(even, odd));
      continue;
    }
    for (int t = 0; t < count; ++t) {
      alignas(16) int rounded[4];
      _mm_store_si128(reinterpret_cast<__m128i*>(rounded), weight(t));
      if (in_place) {
        for (std::ptrdiff_t j = 0; j < 4; ++j) {
          weights[j * next + t] = rounded[j];
        }
      } else {
        for (std::ptrdiff_t j = 0; j < 4; ++j) {
          if (t < counts[i + static_cast<std::size_t>(j)] && t + shifts[j] < next) {
            weights[j * next + t + shifts[j]] = rounded[j];
          }
        }
      }
    }
  }
}

/// Splits `count` pairs of weights into their high parts and their lower `bits` bits, 16 bits each: high, high, low,
/// low.
HEARTH_AVX2_UNFUSED inline void pair_weights_avx2(const std::int32_t* weights, std::size_t count, int bits,
                                                  void* pairs) noexcept {
  const __m256i low_mask = _mm256_set1_epi32((1 << bits) - 1);
  const auto* from = reinterpret_cast<const __m256i*>(weights);
  auto* to = static_cast<__m256i*>(pairs);
  for (std::size_t i = 0; i < count; i += 4, ++from, ++to) {
    const std::size_t left = count - i;
    const __m256i lanes =
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(static_cast<std::int64_t>(left)), _mm256_setr_epi64x(0, 1, 2, 3));
    const __m256i both = _mm256_maskload_epi64(reinterpret_cast<const long long*>(from), lanes);
    const __m256i high = _mm256_srai_epi32(both, bits);
    const __m256i low = _mm256_and_si256(both, low_mask);
    // Of each 64 bits, word 0 is the even weight's and word 2 the odd one's.
    const __m256i first = _mm256_blend_epi16(high, _mm256_srli_epi64(high, 16), 0x22);
    const __m256i second = _mm256_blend_epi16(_mm256_slli_epi64(low, 32), _mm256_slli_epi64(low, 16), 0x88);
    _mm256_maskstore_epi64(reinterpret_cast<long long*>(to), lanes, _mm256_blend_epi16(first, second, 0xCC));
  }
}

}  // namespace hearth::image::detail

#endif  // HEARTH_SIMD_X86
