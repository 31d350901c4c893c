/// The operations on colours in AVX-512: those of color.ipp, tone.ipp and filter.ipp, sixteen RGB pixels or 64 bytes at
/// a time. Each does what the portable loop does in float arithmetic of the same results: products and sums that Pillow
/// rounds one after the other are not fused here either, which is what the functions with a rounding mode are for.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <hearth/image/byte_table.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in the compiler's own header, GCC's bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace hearth::image::detail {

inline constexpr int nearest_512 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
inline constexpr int towards_zero_512 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;

/// The lowest `count` bits, of 64.
constexpr std::uint64_t low_mask_512(std::size_t count) noexcept {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

struct Table512 {
  __m512i parts[4];
};

HEARTH_AVX512 inline Table512 table_512(const ByteTable& table) noexcept {
  return {{_mm512_loadu_si512(table.data()), _mm512_loadu_si512(table.data() + 64),
           _mm512_loadu_si512(table.data() + 128), _mm512_loadu_si512(table.data() + 192)}};
}

HEARTH_AVX512 inline __m512i looked_up_512(const Table512& table, __m512i bytes) noexcept {
  const __m512i low = _mm512_permutex2var_epi8(table.parts[0], bytes, table.parts[1]);
  const __m512i high = _mm512_permutex2var_epi8(table.parts[2], bytes, table.parts[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

/// Stores the first `count` bytes, or all. A store of all of them takes a fraction of the time of one of some.
HEARTH_AVX512 inline void store_bytes_512(std::uint8_t* out, __m512i bytes, std::size_t count) noexcept {
  if (count >= 64) {
    _mm512_storeu_si512(out, bytes);
  } else {
    _mm512_mask_storeu_epi8(out, low_mask_512(count), bytes);
  }
}

HEARTH_AVX512 inline void look_up_avx512(std::uint8_t* values, std::size_t count, const ByteTable& table) noexcept {
  const Table512 parts = table_512(table);
  for (std::size_t i = 0; i < count; i += 64) {
    const __mmask64 mask = low_mask_512(count - i);
    store_bytes_512(values + i, looked_up_512(parts, _mm512_maskz_loadu_epi8(mask, values + i)), count - i);
  }
}

/// Maps each of three channels by a table of its own.
HEARTH_AVX512 inline void look_up_rgb_avx512(std::uint8_t* values, std::size_t count,
                                             const std::array<ByteTable, 3>& tables) noexcept {
  const Table512 red = table_512(tables[0]);
  const Table512 green = table_512(tables[1]);
  const Table512 blue = table_512(tables[2]);
  // Of every third byte from the first, second or third on.
  constexpr __mmask64 thirds[3] = {0x9249249249249249, 0x2492492492492492, 0x4924924924924924};
  for (std::size_t i = 0; i < count; i += 64) {
    const __mmask64 mask = low_mask_512(count - i);
    const __m512i bytes = _mm512_maskz_loadu_epi8(mask, values + i);
    const std::size_t first = i % 3;  // the channel of the first byte
    __m512i mapped = looked_up_512(red, bytes);
    mapped = _mm512_mask_blend_epi8(thirds[(4 - first) % 3], mapped, looked_up_512(green, bytes));
    mapped = _mm512_mask_blend_epi8(thirds[(5 - first) % 3], mapped, looked_up_512(blue, bytes));
    store_bytes_512(values + i, mapped, count - i);
  }
}

/// The least and the greatest value of each of three channels.
HEARTH_AVX512 inline void extremes_rgb_avx512(const std::uint8_t* values, std::size_t count,
                                              std::array<std::uint8_t, 3>& least,
                                              std::array<std::uint8_t, 3>& greatest) noexcept {
  __m512i low[3];
  __m512i high[3];
  for (int v = 0; v < 3; ++v) {
    low[v] = _mm512_set1_epi8(-1);
    high[v] = _mm512_setzero_si512();
  }
  std::size_t i = 0;
  for (; i + 192 <= count; i += 192) {
    for (std::size_t v = 0; v < 3; ++v) {
      const __m512i bytes = _mm512_loadu_si512(values + i + 64 * v);
      low[v] = _mm512_min_epu8(low[v], bytes);
      high[v] = _mm512_max_epu8(high[v], bytes);
    }
  }
  alignas(64) std::array<std::uint8_t, 192> lows;
  alignas(64) std::array<std::uint8_t, 192> highs;
  for (std::size_t v = 0; v < 3; ++v) {
    _mm512_store_si512(lows.data() + 64 * v, low[v]);
    _mm512_store_si512(highs.data() + 64 * v, high[v]);
  }
  least.fill(255);
  greatest.fill(0);
  const auto add = [&](std::size_t channel, std::uint8_t value_low, std::uint8_t value_high) {
    least[channel] = std::min(least[channel], value_low);
    greatest[channel] = std::max(greatest[channel], value_high);
  };
  for (std::size_t j = 0; j < 192; ++j) {
    add(j % 3, lows[j], highs[j]);
  }
  for (; i < count; ++i) {
    add(i % 3, values[i], values[i]);
  }
}

/// Sixteen RGB pixels, each number in 32 bits.
struct Rgb512 {
  __m512i red;
  __m512i green;
  __m512i blue;
};

HEARTH_AVX512 inline Rgb512 load_rgb_512(const std::uint8_t* pixels, __mmask64 mask) noexcept {
  const __m512i places =
      _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45);  // the reds, one in 32 bits
  constexpr __mmask64 lowest = 0x1111111111111111;
  const __m512i bytes = _mm512_maskz_loadu_epi8(mask, pixels);
  return {_mm512_maskz_permutexvar_epi8(lowest, places, bytes),
          _mm512_maskz_permutexvar_epi8(lowest, _mm512_add_epi32(places, _mm512_set1_epi32(1)), bytes),
          _mm512_maskz_permutexvar_epi8(lowest, _mm512_add_epi32(places, _mm512_set1_epi32(2)), bytes)};
}

/// Stores the lower three bytes of each 32 bits, of as many pixels as the mask has bytes for.
HEARTH_AVX512 inline void store_rgb_512(std::uint8_t* pixels, __mmask64 mask, __m512i values) noexcept {
  alignas(64) static constexpr std::uint8_t without_gaps[64] = {
      0,  1,  2,  4,  5,  6,  8,  9,  10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30,
      32, 33, 34, 36, 37, 38, 40, 41, 42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62};
  const __m512i packed = _mm512_maskz_permutexvar_epi8(~__mmask64{0}, _mm512_load_si512(without_gaps), values);
  if (mask == low_mask_512(48)) {  // stores of some bytes take several times as long
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(pixels), _mm512_castsi512_si256(packed));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(pixels + 32), _mm512_extracti32x4_epi32(packed, 2));
  } else {
    _mm512_mask_storeu_epi8(pixels, mask, packed);
  }
}

HEARTH_AVX512 inline __m512i packed_rgb_512(__m512i red, __m512i green, __m512i blue) noexcept {
  return _mm512_or_si512(red, _mm512_or_si512(_mm512_slli_epi32(green, 8), _mm512_slli_epi32(blue, 16)));
}

/// PIL's luma.
HEARTH_AVX512 inline __m512i luma_512(const Rgb512& rgb) noexcept {
  const __m512i red_green = _mm512_or_si512(rgb.red, _mm512_slli_epi32(rgb.green, 16));
  const __m512i green_blue = _mm512_or_si512(rgb.green, _mm512_slli_epi32(rgb.blue, 16));
  // 38470 does not fit 15 bits, so green counts twice with half of it.
  __m512i sum = _mm512_set1_epi32(0x8000);
  sum = _mm512_dpwssd_epi32(sum, red_green, _mm512_set1_epi32(19595 | 19235 << 16));
  sum = _mm512_dpwssd_epi32(sum, green_blue, _mm512_set1_epi32(19235 | 7471 << 16));
  return _mm512_srli_epi32(sum, 16);
}

HEARTH_AVX512 inline std::uint64_t luma_sum_avx512(const std::uint8_t* pixels, std::size_t count) noexcept {
  __m512i sums = _mm512_setzero_si512();
  std::uint64_t sum = 0;
  std::size_t until_emptied = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    // Pixels beyond the end are black, whose luma is 0.
    const Rgb512 rgb = load_rgb_512(pixels + 3 * i, low_mask_512(3 * std::min<std::size_t>(count - i, 16)));
    sums = _mm512_add_epi32(sums, luma_512(rgb));
    if (++until_emptied == 1 << 20) {  // 2^28 at most
      sum += static_cast<std::uint32_t>(_mm512_reduce_add_epi32(sums));
      sums = _mm512_setzero_si512();
      until_emptied = 0;
    }
  }
  alignas(64) std::uint32_t lanes[16];
  _mm512_store_si512(lanes, sums);
  for (const std::uint32_t lane : lanes) {
    sum += lane;
  }
  return sum;
}

/// Makes each pixel grey, in place.
HEARTH_AVX512 inline void make_grey_avx512(std::uint8_t* pixels, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask64 mask = low_mask_512(3 * std::min<std::size_t>(count - i, 16));
    const __m512i grey = luma_512(load_rgb_512(pixels + 3 * i, mask));
    store_rgb_512(pixels + 3 * i, mask, packed_rgb_512(grey, grey, grey));
  }
}

/// Blend: between `from` and `to`, both 0 … 255.
HEARTH_AVX512 inline __m512i blended_512(__m512i from, __m512i to, __m512 factor) noexcept {
  const __m512 difference = _mm512_cvtepi32_ps(_mm512_sub_epi32(to, from));
  const __m512 product = _mm512_mul_round_ps(factor, difference, nearest_512);
  const __m512 sum = _mm512_add_round_ps(_mm512_cvtepi32_ps(from), product, nearest_512);
  const __m512 clipped = _mm512_min_ps(_mm512_max_ps(sum, _mm512_setzero_ps()), _mm512_set1_ps(255.0F));
  return _mm512_cvttps_epi32(clipped);
}

HEARTH_AVX512 inline void saturate_avx512(std::uint8_t* pixels, std::size_t count, float factor) noexcept {
  const __m512 factors = _mm512_set1_ps(factor);
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask64 mask = low_mask_512(3 * std::min<std::size_t>(count - i, 16));
    const Rgb512 rgb = load_rgb_512(pixels + 3 * i, mask);
    const __m512i grey = luma_512(rgb);
    store_rgb_512(pixels + 3 * i, mask,
                  packed_rgb_512(blended_512(grey, rgb.red, factors), blended_512(grey, rgb.green, factors),
                                 blended_512(grey, rgb.blue, factors)));
  }
}

/// Blends `count` values with those of `from`, in place.
HEARTH_AVX512 inline void blend_values_avx512(const std::uint8_t* from, std::uint8_t* values, std::size_t count,
                                              float factor) noexcept {
  const __m512 factors = _mm512_set1_ps(factor);
  for (std::size_t i = 0; i < count; i += 16) {
    const auto mask = static_cast<__mmask16>(low_mask_512(std::min<std::size_t>(count - i, 16)));
    const __m512i a = _mm512_maskz_cvtepu8_epi32(mask, _mm_maskz_loadu_epi8(mask, from + i));
    const __m512i b = _mm512_maskz_cvtepu8_epi32(mask, _mm_maskz_loadu_epi8(mask, values + i));
    const __m128i blended = _mm512_maskz_cvtepi32_epi8(mask, blended_512(a, b, factors));
    if (count - i >= 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(values + i), blended);
    } else {
      _mm_mask_storeu_epi8(values + i, mask, blended);
    }
  }
}

/// Quotients of `dividend`, whole numbers, and 255, as Pillow's division in double precision and rounding to float
/// gives them (of the numbers 0 … 255, the same).
HEARTH_AVX512 inline __m512 over_255_512(__m512i dividend) noexcept {
  constexpr auto inverse = static_cast<float>(1.0 / 255);
  constexpr auto rest = static_cast<float>(1.0 / 255 - static_cast<double>(inverse));
  const __m512 value = _mm512_cvtepi32_ps(dividend);
  return _mm512_fmadd_ps(value, _mm512_set1_ps(inverse), _mm512_mul_ps(value, _mm512_set1_ps(rest)));
}

/// floor((trunc(2 v - 2 v s) + 1) / 2); the fused difference is cut as the exact one would be.
HEARTH_AVX512 inline __m512i shaded_512(__m512 twice_v, __m512 s) noexcept {
  const __m512i twice = _mm512_cvttps_epi32(_mm512_fnmadd_round_ps(twice_v, s, twice_v, towards_zero_512));
  return _mm512_srli_epi32(_mm512_add_epi32(twice, _mm512_set1_epi32(1)), 1);
}

/// The same of 2 v (1 - s (1 - rest)), rounded after each operation in double precision, for eight pixels.
HEARTH_AVX512 inline __m256i shaded_by_rest_512(__m256 twice_v, __m256 s, __m256 rest) noexcept {
  const __m512d one = _mm512_set1_pd(1.0);
  const __m512d left = _mm512_sub_round_pd(one, _mm512_cvtps_pd(rest), nearest_512);
  const __m512d product = _mm512_mul_round_pd(_mm512_cvtps_pd(s), left, nearest_512);
  const __m512d share = _mm512_sub_round_pd(one, product, nearest_512);
  const __m512d twice = _mm512_mul_round_pd(_mm512_cvtps_pd(twice_v), share, nearest_512);
  return _mm256_srli_epi32(_mm256_add_epi32(_mm512_cvttpd_epi32(twice), _mm256_set1_epi32(1)), 1);
}

/// Hue and saturation, 0 … 255; the value is the greatest of the three.
struct HueAndSaturation512 {
  __m512i hue;
  __m512i saturation;
  __m512i value;
};

HEARTH_AVX512 inline HueAndSaturation512 to_hsv_512(const Rgb512& rgb) noexcept {
  const __m512i high = _mm512_max_epu32(rgb.red, _mm512_max_epu32(rgb.green, rgb.blue));
  const __m512i low = _mm512_min_epu32(rgb.red, _mm512_min_epu32(rgb.green, rgb.blue));
  const __m512i all = _mm512_add_epi32(rgb.red, _mm512_add_epi32(rgb.green, rgb.blue));
  const __m512i middle = _mm512_sub_epi32(all, _mm512_add_epi32(high, low));
  const __mmask16 coloured = _mm512_cmpneq_epi32_mask(high, low);
  const __m512 range = _mm512_cvtepi32_ps(_mm512_sub_epi32(high, low));
  // How far the channels are below the highest: that by 0, the lowest by 1, the other by this.
  const __m512 below = _mm512_maskz_div_ps(coloured, _mm512_cvtepi32_ps(_mm512_sub_epi32(high, middle)), range);
  const __mmask16 is_red = _mm512_cmpeq_epi32_mask(rgb.red, high);
  const auto is_green = static_cast<__mmask16>(_mm512_cmpeq_epi32_mask(rgb.green, high) & ~is_red);
  const auto is_blue = static_cast<__mmask16>(~(is_red | is_green));
  // The next channel round the circle is the lowest: hue comes from the side of the one before.
  const auto turned_back = static_cast<__mmask16>((is_red & _mm512_cmpeq_epi32_mask(rgb.green, low)) |
                                                  (is_green & _mm512_cmpeq_epi32_mask(rgb.blue, low)) |
                                                  (is_blue & _mm512_cmpeq_epi32_mask(rgb.red, low)));
  __m512 base = _mm512_mask_blend_ps(is_green, _mm512_set1_ps(1.0F), _mm512_set1_ps(3.0F));
  base = _mm512_mask_blend_ps(is_blue, base, _mm512_set1_ps(5.0F));
  base = _mm512_mask_sub_ps(base, turned_back, base, _mm512_set1_ps(2.0F));
  const __m512 part = _mm512_mask_sub_ps(below, static_cast<__mmask16>(~turned_back), _mm512_setzero_ps(), below);
  const __m512 hue = _mm512_add_ps(base, part);  // in sixths of the circle, from -1 to 5
  constexpr auto sixth = static_cast<float>(1.0 / 6);
  constexpr auto rest = static_cast<float>(1.0 / 6 - static_cast<double>(sixth));
  const __mmask16 negative = _mm512_cmp_ps_mask(hue, _mm512_setzero_ps(), _CMP_LT_OQ);
  const __m512 offset = _mm512_mask_blend_ps(negative, _mm512_mul_ps(hue, _mm512_set1_ps(rest)), _mm512_set1_ps(1.0F));
  const __m512 share = _mm512_fmadd_ps(hue, _mm512_set1_ps(sixth), offset);
  const __m512 saturation = _mm512_maskz_div_ps(coloured, range, _mm512_cvtepi32_ps(high));
  const __m512 most = _mm512_set1_ps(255.0F);
  return {_mm512_cvttps_epi32(_mm512_mul_round_ps(share, most, towards_zero_512)),
          _mm512_cvttps_epi32(_mm512_mul_round_ps(saturation, most, towards_zero_512)), high};
}

/// Red, green and blue in the lower bytes.
HEARTH_AVX512 inline __m512i to_rgb_512(const HueAndSaturation512& hsv) noexcept {
  const __m512i sixfold =
      _mm512_add_epi32(_mm512_slli_epi32(hsv.hue, 2), _mm512_slli_epi32(hsv.hue, 1));  // of 255 each is a sixth
  const __m512i sixth = _mm512_srli_epi32(_mm512_mullo_epi32(sixfold, _mm512_set1_epi32(0x8081)), 23);
  const __m512i left =
      _mm512_sub_epi32(sixfold, _mm512_sub_epi32(_mm512_slli_epi32(sixth, 8), sixth));  // sixfold % 255
  const __m512 rest = over_255_512(left);
  const __m512 s = over_255_512(hsv.saturation);
  const __m512 twice_v = _mm512_cvtepi32_ps(_mm512_slli_epi32(hsv.value, 1));
  const __m512i p = shaded_512(twice_v, s);
  const __m512i q = shaded_512(twice_v, _mm512_mul_round_ps(s, rest, nearest_512));
  const __m256i t_low =
      shaded_by_rest_512(_mm512_castps512_ps256(twice_v), _mm512_castps512_ps256(s), _mm512_castps512_ps256(rest));
  const __m256i t_high = shaded_by_rest_512(_mm512_extractf32x8_ps(twice_v, 1), _mm512_extractf32x8_ps(s, 1),
                                            _mm512_extractf32x8_ps(rest, 1));
  const __m512i t = _mm512_inserti32x8(_mm512_castsi256_si512(t_low), t_high, 1);
  const __m512i all = _mm512_or_si512(packed_rgb_512(hsv.value, p, q), _mm512_slli_epi32(t, 24));
  // Which of v p q t, 0 1 2 3, are red, green and blue, for each sixth; the seventh is the first again.
  const __m512i choices = _mm512_setr_epi32(0x010300, 0x010002, 0x030001, 0x000201, 0x000103, 0x020100, 0x010300, 0, 0,
                                            0, 0, 0, 0, 0, 0, 0);
  const __m512i pixel_begins = _mm512_set4_epi32(0x0C0C0C0C, 0x08080808, 0x04040404, 0x00000000);
  const __m512i chosen = _mm512_maskz_permutexvar_epi32(static_cast<__mmask16>(-1), sixth, choices);
  return _mm512_shuffle_epi8(all, _mm512_add_epi8(chosen, pixel_begins));
}

HEARTH_AVX512 inline void turn_hue_avx512(std::uint8_t* pixels, std::size_t count, int turn) noexcept {
  const __m512i turns = _mm512_set1_epi32(turn);
  for (std::size_t i = 0; i < count; i += 16) {
    const __mmask64 mask = low_mask_512(3 * std::min<std::size_t>(count - i, 16));
    HueAndSaturation512 hsv = to_hsv_512(load_rgb_512(pixels + 3 * i, mask));
    hsv.hue = _mm512_and_si512(_mm512_add_epi32(hsv.hue, turns), _mm512_set1_epi32(255));
    store_rgb_512(pixels + 3 * i, mask, to_rgb_512(hsv));
  }
}

/// Pillow's SMOOTH of `count` values: those at `here` with weight 5, their eight neighbours, which lie `pixel` bytes
/// apart, with weight 1.
HEARTH_AVX512 inline void smooth_avx512(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                                        std::ptrdiff_t pixel, std::ptrdiff_t count, std::uint8_t* out) noexcept {
  for (std::ptrdiff_t i = 0; i < count; i += 32) {
    const auto mask =
        static_cast<__mmask32>(low_mask_512(static_cast<std::size_t>(std::min<std::ptrdiff_t>(count - i, 32))));
    const auto load = [mask](const std::uint8_t* bytes) HEARTH_AVX512 {
      return _mm512_maskz_cvtepu8_epi16(mask, _mm256_maskz_loadu_epi8(mask, bytes));
    };
    const auto column = [&](std::ptrdiff_t at) HEARTH_AVX512 {
      return _mm512_add_epi16(load(above + at), _mm512_add_epi16(load(here + at), load(below + at)));
    };
    __m512i sum = _mm512_add_epi16(column(i - pixel), _mm512_add_epi16(column(i), column(i + pixel)));
    sum = _mm512_add_epi16(sum, _mm512_slli_epi16(load(here + i), 2));
    const __m512i twice = _mm512_add_epi16(_mm512_add_epi16(sum, sum), _mm512_set1_epi16(13));
    // Divided by 26: 40330 is 2^20 / 26, rounded up, and what that adds is less than 1/26.
    const __m512i smooth = _mm512_srli_epi16(_mm512_mulhi_epu16(twice, _mm512_set1_epi16(-25206)), 4);
    const __m256i bytes = _mm512_maskz_cvtepi16_epi8(mask, smooth);
    if (count - i >= 32) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), bytes);
    } else {
      _mm256_mask_storeu_epi8(out + i, mask, bytes);
    }
  }
}

}  // namespace hearth::image::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif  // HEARTH_SIMD_X86
