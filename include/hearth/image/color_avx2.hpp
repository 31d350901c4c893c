/// Operations on colours in AVX2, eight RGB pixels at a time. Products and sums that Pillow rounds one after the other
/// are not fused.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hearth::image::detail {

/// Eight RGB pixels, each number in 32 bits.
struct Rgb256 {
  __m256i red;
  __m256i green;
  __m256i blue;
};

HEARTH_AVX2_UNFUSED inline Rgb256 load_rgb_256(const std::uint8_t* pixels) noexcept {
  const __m256i bytes = _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels + 8)), 1);  // its first four belong to the lower half
  const __m256i reds = _mm256_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1,  //
                                        4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1, 13, -1, -1, -1);
  const __m256i next = _mm256_set1_epi32(1);  // what is -1 stays above 127 but in the lowest byte
  const __m256i greens = _mm256_add_epi8(reds, next);
  return {_mm256_shuffle_epi8(bytes, reds), _mm256_shuffle_epi8(bytes, greens),
          _mm256_shuffle_epi8(bytes, _mm256_add_epi8(greens, next))};
}

/// Stores the lower three bytes of each 32 bits.
HEARTH_AVX2_UNFUSED inline void store_rgb_256(std::uint8_t* pixels, __m256i values) noexcept {
  const __m256i without_gaps = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,  //
                                                0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const __m256i packed = _mm256_shuffle_epi8(values, without_gaps);
  const __m128i upper = _mm256_extracti128_si256(packed, 1);
  const int last = _mm_extract_epi32(upper, 2);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels), _mm256_castsi256_si128(packed));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(pixels + 12), upper);
  std::memcpy(pixels + 20, &last, sizeof last);
}

HEARTH_AVX2_UNFUSED inline __m256i packed_rgb_256(__m256i red, __m256i green, __m256i blue) noexcept {
  return _mm256_or_si256(red, _mm256_or_si256(_mm256_slli_epi32(green, 8), _mm256_slli_epi32(blue, 16)));
}

/// PIL's luma.
HEARTH_AVX2_UNFUSED inline __m256i luma_256(const Rgb256& rgb) noexcept {
  const __m256i red_green = _mm256_or_si256(rgb.red, _mm256_slli_epi32(rgb.green, 16));
  const __m256i green_blue = _mm256_or_si256(rgb.green, _mm256_slli_epi32(rgb.blue, 16));
  // 38470 does not fit 15 bits, so green counts twice with half of it.
  const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(red_green, _mm256_set1_epi32(19595 | 19235 << 16)),
                                       _mm256_madd_epi16(green_blue, _mm256_set1_epi32(19235 | 7471 << 16)));
  return _mm256_srli_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(0x8000)), 16);
}

/// Calls `change` with the address of eight pixels after eight; the last ones are changed aside.
template <class Change>
void change_rgb_256(std::uint8_t* pixels, std::size_t count, const Change& change) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    change(pixels + 3 * i);
  }
  if (i < count) {
    std::array<std::uint8_t, 24> aside{};
    std::memcpy(aside.data(), pixels + 3 * i, 3 * (count - i));
    change(aside.data());
    std::memcpy(pixels + 3 * i, aside.data(), 3 * (count - i));
  }
}

HEARTH_AVX2_UNFUSED inline void make_grey_256(std::uint8_t* pixels) noexcept {
  const __m256i grey = luma_256(load_rgb_256(pixels));
  store_rgb_256(pixels, packed_rgb_256(grey, grey, grey));
}

inline void make_grey_avx2(std::uint8_t* pixels, std::size_t count) noexcept {
  change_rgb_256(pixels, count, make_grey_256);
}

HEARTH_AVX2_UNFUSED inline std::uint64_t luma_sum_avx2(const std::uint8_t* pixels, std::size_t count) noexcept {
  std::uint64_t sum = 0;
  alignas(32) std::array<std::uint32_t, 8> lanes;
  for (std::size_t i = 0; i < count;) {
    __m256i sums = _mm256_setzero_si256();
    for (const std::size_t end = i + (std::size_t{1} << 26); i < std::min(end, count); i += 8) {  // 2^31 at most
      std::array<std::uint8_t, 24> aside{};  // black, whose luma is 0
      const std::uint8_t* from = pixels + 3 * i;
      if (count - i < 8) {
        std::memcpy(aside.data(), from, 3 * (count - i));
        from = aside.data();
      }
      sums = _mm256_add_epi32(sums, luma_256(load_rgb_256(from)));
    }
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes.data()), sums);
    for (const std::uint32_t lane : lanes) {
      sum += lane;
    }
  }
  return sum;
}

/// Blend: between `from` and `to`, both 0 … 255.
HEARTH_AVX2_UNFUSED inline __m256i blended_256(__m256i from, __m256i to, __m256 factor) noexcept {
  __m256 product = _mm256_mul_ps(factor, _mm256_cvtepi32_ps(_mm256_sub_epi32(to, from)));
  HEARTH_UNFUSED(product);
  const __m256 sum = _mm256_add_ps(_mm256_cvtepi32_ps(from), product);
  return _mm256_cvttps_epi32(_mm256_min_ps(_mm256_max_ps(sum, _mm256_setzero_ps()), _mm256_set1_ps(255.0F)));
}

HEARTH_AVX2_UNFUSED inline void saturate_256(std::uint8_t* pixels, float factor) noexcept {
  const __m256 factors = _mm256_set1_ps(factor);
  const Rgb256 rgb = load_rgb_256(pixels);
  const __m256i grey = luma_256(rgb);
  store_rgb_256(pixels, packed_rgb_256(blended_256(grey, rgb.red, factors), blended_256(grey, rgb.green, factors),
                                       blended_256(grey, rgb.blue, factors)));
}

inline void saturate_avx2(std::uint8_t* pixels, std::size_t count, float factor) noexcept {
  change_rgb_256(pixels, count, [factor](std::uint8_t* some) { saturate_256(some, factor); });
}

/// What the exact number would be cut to of which `rounded` is the nearest float and `rest` what it exceeds that by.
HEARTH_AVX2 inline __m256i cut_256(__m256 rounded, __m256 rest) noexcept {
  const __m256i cut = _mm256_cvttps_epi32(rounded);
  const __m256 whole = _mm256_cmp_ps(rounded, _mm256_cvtepi32_ps(cut), _CMP_EQ_OQ);
  const __m256 less = _mm256_cmp_ps(rest, _mm256_setzero_ps(), _CMP_LT_OQ);
  return _mm256_add_epi32(cut, _mm256_castps_si256(_mm256_and_ps(whole, less)));  // -1 where both are true
}

HEARTH_AVX2 inline __m256i times_255_256(__m256 share) noexcept {
  const __m256 most = _mm256_set1_ps(255.0F);
  const __m256 product = _mm256_mul_ps(share, most);
  return cut_256(product, _mm256_fmsub_ps(share, most, product));
}

HEARTH_AVX2 inline __m256 over_255_256(__m256i dividend) noexcept {
  constexpr auto inverse = static_cast<float>(1.0 / 255);
  constexpr auto rest = static_cast<float>(1.0 / 255 - static_cast<double>(inverse));
  const __m256 value = _mm256_cvtepi32_ps(dividend);
  return _mm256_fmadd_ps(value, _mm256_set1_ps(inverse), _mm256_mul_ps(value, _mm256_set1_ps(rest)));
}

/// floor((trunc(2 v - 2 v s) + 1) / 2)
HEARTH_AVX2 inline __m256i shaded_256(__m256 twice_v, __m256 s) noexcept {
  const __m256 rounded = _mm256_fnmadd_ps(twice_v, s, twice_v);
  const __m256 rest = _mm256_fnmadd_ps(twice_v, s, _mm256_sub_ps(twice_v, rounded));  // exact where that is whole
  return _mm256_srli_epi32(_mm256_add_epi32(cut_256(rounded, rest), _mm256_set1_epi32(1)), 1);
}

/// The same of 2 v (1 - s (1 - rest)), rounded after each operation in double precision, for four pixels.
HEARTH_AVX2 inline __m128i shaded_by_rest_256(__m128 twice_v, __m128 s, __m128 rest) noexcept {
  const __m256d one = _mm256_set1_pd(1.0);
  __m256d product = _mm256_mul_pd(_mm256_cvtps_pd(s), _mm256_sub_pd(one, _mm256_cvtps_pd(rest)));
  HEARTH_UNFUSED(product);
  const __m256d twice = _mm256_mul_pd(_mm256_cvtps_pd(twice_v), _mm256_sub_pd(one, product));
  return _mm_srli_epi32(_mm_add_epi32(_mm256_cvttpd_epi32(twice), _mm_set1_epi32(1)), 1);
}

/// Turns the hue of eight pixels.
HEARTH_AVX2 inline void turn_hue_256(std::uint8_t* pixels, int turn) noexcept {
  const Rgb256 rgb = load_rgb_256(pixels);
  const __m256i high = _mm256_max_epi32(rgb.red, _mm256_max_epi32(rgb.green, rgb.blue));
  const __m256i low = _mm256_min_epi32(rgb.red, _mm256_min_epi32(rgb.green, rgb.blue));
  const __m256i all = _mm256_add_epi32(rgb.red, _mm256_add_epi32(rgb.green, rgb.blue));
  const __m256i middle = _mm256_sub_epi32(all, _mm256_add_epi32(high, low));
  const __m256 grey = _mm256_castsi256_ps(_mm256_cmpeq_epi32(high, low));
  const __m256 range = _mm256_cvtepi32_ps(_mm256_sub_epi32(high, low));
  // How far the channels are below the highest: that by 0, the lowest by 1, the other by this.
  const __m256 below = _mm256_andnot_ps(grey, _mm256_div_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(high, middle)), range));
  const __m256i is_red = _mm256_cmpeq_epi32(rgb.red, high);
  const __m256i is_green = _mm256_andnot_si256(is_red, _mm256_cmpeq_epi32(rgb.green, high));
  const __m256i is_red_or_green = _mm256_or_si256(is_red, is_green);
  // The next channel round the circle is the lowest: hue comes from the side of the one before.
  const __m256i turned_back =
      _mm256_or_si256(_mm256_or_si256(_mm256_and_si256(is_red, _mm256_cmpeq_epi32(rgb.green, low)),
                                      _mm256_and_si256(is_green, _mm256_cmpeq_epi32(rgb.blue, low))),
                      _mm256_andnot_si256(is_red_or_green, _mm256_cmpeq_epi32(rgb.red, low)));
  __m256 base = _mm256_blendv_ps(_mm256_set1_ps(5.0F), _mm256_set1_ps(3.0F), _mm256_castsi256_ps(is_green));
  base = _mm256_blendv_ps(base, _mm256_set1_ps(1.0F), _mm256_castsi256_ps(is_red));
  base = _mm256_sub_ps(base, _mm256_and_ps(_mm256_castsi256_ps(turned_back), _mm256_set1_ps(2.0F)));
  const __m256 sign = _mm256_andnot_ps(_mm256_castsi256_ps(turned_back), _mm256_set1_ps(-0.0F));
  const __m256 hue = _mm256_add_ps(base, _mm256_xor_ps(below, sign));  // in sixths of the circle, from -1 to 5
  constexpr auto sixth_of_one = static_cast<float>(1.0 / 6);
  constexpr auto lacking = static_cast<float>(1.0 / 6 - static_cast<double>(sixth_of_one));
  const __m256 negative = _mm256_cmp_ps(hue, _mm256_setzero_ps(), _CMP_LT_OQ);
  const __m256 offset = _mm256_blendv_ps(_mm256_mul_ps(hue, _mm256_set1_ps(lacking)), _mm256_set1_ps(1.0F), negative);
  const __m256i h = times_255_256(_mm256_fmadd_ps(hue, _mm256_set1_ps(sixth_of_one), offset));
  const __m256i saturation = times_255_256(_mm256_andnot_ps(grey, _mm256_div_ps(range, _mm256_cvtepi32_ps(high))));

  const __m256i turned = _mm256_and_si256(_mm256_add_epi32(h, _mm256_set1_epi32(turn)), _mm256_set1_epi32(255));
  const __m256i sixfold =
      _mm256_add_epi32(_mm256_slli_epi32(turned, 2), _mm256_slli_epi32(turned, 1));  // of 255 each is a sixth
  const __m256i sixth = _mm256_srli_epi32(_mm256_mullo_epi32(sixfold, _mm256_set1_epi32(0x8081)), 23);
  const __m256 rest = over_255_256(_mm256_sub_epi32(sixfold, _mm256_sub_epi32(_mm256_slli_epi32(sixth, 8), sixth)));
  const __m256 s = over_255_256(saturation);
  const __m256 twice_v = _mm256_cvtepi32_ps(_mm256_slli_epi32(high, 1));
  const __m256i p = shaded_256(twice_v, s);
  const __m256i q = shaded_256(twice_v, _mm256_mul_ps(s, rest));
  const __m128i t_low =
      shaded_by_rest_256(_mm256_castps256_ps128(twice_v), _mm256_castps256_ps128(s), _mm256_castps256_ps128(rest));
  const __m128i t_high = shaded_by_rest_256(_mm256_extractf128_ps(twice_v, 1), _mm256_extractf128_ps(s, 1),
                                            _mm256_extractf128_ps(rest, 1));
  const __m256i t = _mm256_inserti128_si256(_mm256_castsi128_si256(t_low), t_high, 1);
  const __m256i vpqt = _mm256_or_si256(packed_rgb_256(high, p, q), _mm256_slli_epi32(t, 24));
  // Which of v p q t, 0 1 2 3, are red, green and blue, for each sixth; the seventh is the first again.
  const __m256i choices = _mm256_setr_epi32(0x010300, 0x010002, 0x030001, 0x000201, 0x000103, 0x020100, 0x010300, 0);
  const __m256i begins = _mm256_setr_epi32(0x00000000, 0x04040404, 0x08080808, 0x0C0C0C0C,  //
                                           0x00000000, 0x04040404, 0x08080808, 0x0C0C0C0C);
  const __m256i chosen = _mm256_add_epi8(_mm256_permutevar8x32_epi32(choices, sixth), begins);
  store_rgb_256(pixels, _mm256_shuffle_epi8(vpqt, chosen));
}

inline void turn_hue_avx2(std::uint8_t* pixels, std::size_t count, int turn) noexcept {
  change_rgb_256(pixels, count, [turn](std::uint8_t* some) { turn_hue_256(some, turn); });
}

}  // namespace hearth::image::detail

#endif  // HEARTH_SIMD_X86
