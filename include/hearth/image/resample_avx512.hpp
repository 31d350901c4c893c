/// The kernels of resampling in AVX-512, with VBMI and VNNI. Sixteen bytes of the result are made at a time: which
/// source bytes they take from a window of 64, or 128, is prepared for all rows.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <hearth/image/resample_avx2.hpp>
#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_taps.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in the compiler's own header, GCC's bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace hearth::image::detail {

/// For each group of 16 bytes, the begin of its window in the row, and 16 lanes of: the places of the bytes of the
/// first two taps, then for each pair of taps the high and the low halves of their weights.
HEARTH_AVX512 inline void prepare_avx512(int origin, int channels, const ResampleTaps& taps, StretchTable& table) {
  const auto pixel = static_cast<std::size_t>(channels);
  const std::size_t bytes = taps.size() * pixel;
  const std::size_t groups = (bytes + 15) / 16;
  const std::size_t pairs = taps.pair_count();
  const int* const firsts = taps.firsts();
  table.usable = false;
  int widest = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t last = std::min(16 * g + 15, bytes - 1) / pixel;
    widest = std::max(widest, firsts[last] - firsts[16 * g / pixel]);
  }
  const std::int64_t window = (std::int64_t{widest} + 2) * channels;
  if (window > 128 || bytes * pairs > (std::size_t{1} << 28)) {
    return;
  }
  table.wide = window > 64;
  table.usable = true;
  table.begins.resize(groups);
  table.lanes.resize(groups * (1 + 2 * pairs));
  StretchTable::Lanes* lanes = table.lanes.data();
  std::size_t x = 0;
  std::size_t c = 0;
  alignas(64) int pixels[16];
  alignas(64) int places[16];
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t from = x;
    const int begin = firsts[x];
    table.begins[g] = std::ptrdiff_t{begin - origin} * channels;
    for (std::size_t i = 0; i < 16; ++i) {
      pixels[i] = static_cast<int>(x * pairs);
      places[i] = (firsts[x] - begin) * channels + static_cast<int>(c);
      if (++c == pixel) {
        c = 0;
        x += x + 1 < taps.size() ? 1 : 0;  // what follows the last pixel's last byte is not used
      }
    }
    const __m512i first = _mm512_load_si512(places);
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(channels));
    _mm512_store_si512((lanes++)->values, _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
    __m512i at = _mm512_load_si512(pixels);
    if (pairs == 1 && pixels[15] - pixels[0] < 8) {  // eight pairs in one vector
      const auto some = static_cast<__mmask8>((1U << std::min<std::size_t>(taps.size() - from, 8)) - 1);
      const __m512i weights = _mm512_maskz_loadu_epi64(some, taps.pairs() + from);
      const __m512i highs = _mm512_slli_epi32(_mm512_sub_epi32(at, _mm512_set1_epi32(pixels[0])), 1);
      const __m512i lows = _mm512_add_epi32(highs, _mm512_set1_epi32(1));
      constexpr auto all = static_cast<__mmask16>(-1);
      _mm512_store_si512((lanes++)->values, _mm512_maskz_permutexvar_epi32(all, highs, weights));
      _mm512_store_si512((lanes++)->values, _mm512_maskz_permutexvar_epi32(all, lows, weights));
      continue;
    }
    for (std::size_t p = 0; p < pairs; ++p) {
      const auto* const weights = reinterpret_cast<const char*>(taps.pairs());
      _mm512_store_si512((lanes++)->values, _mm512_i32gather_epi32(at, weights, 8));
      _mm512_store_si512((lanes++)->values, _mm512_i32gather_epi32(at, weights + 4, 8));
      at = _mm512_add_epi32(at, _mm512_set1_epi32(1));
    }
  }
}

HEARTH_AVX512 inline __m512i joined_avx512(__m512i high, __m512i low) noexcept {
  const __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(high, ResampleTaps::half_bits), low);
  return _mm512_srai_epi32(sum, ResampleTaps::precision_bits);
}

/// 64 sums as bytes.
HEARTH_AVX512 inline __m512i packed_avx512(__m512i a, __m512i b, __m512i c, __m512i d) noexcept {
  return _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
}

/// One group of 16 sums. Pairs: how many there are, 0 for any number.
template <bool Wide, int Pairs>
HEARTH_AVX512 __m512i group_avx512(const std::uint8_t* window, const StretchTable::Lanes* lanes, std::size_t any_pairs,
                                   std::ptrdiff_t next_pair) noexcept {
  constexpr __mmask64 even_bytes = 0x5555555555555555;
  const std::size_t pairs = Pairs != 0 ? Pairs : any_pairs;
  const __m512i places = _mm512_load_si512(lanes->values);
  __m512i high = _mm512_setzero_si512();
  __m512i low = _mm512_set1_epi32(resample_half);
  for (std::size_t p = 0; p < pairs; ++p, window += next_pair) {
    __m512i words;
    if constexpr (Wide) {
      words = _mm512_maskz_permutex2var_epi8(even_bytes, _mm512_loadu_si512(window), places,
                                             _mm512_loadu_si512(window + 64));
    } else {
      words = _mm512_maskz_permutexvar_epi8(even_bytes, places, _mm512_loadu_si512(window));
    }
    high = _mm512_dpwssd_epi32(high, words, _mm512_load_si512(lanes[1 + 2 * p].values));
    low = _mm512_dpwssd_epi32(low, words, _mm512_load_si512(lanes[2 + 2 * p].values));
  }
  return joined_avx512(high, low);
}

template <bool Wide, int Pairs>
HEARTH_AVX512 void stretch_groups_avx512(const std::uint8_t* row, int channels, const ResampleTaps& taps,
                                         const StretchTable& table, std::uint8_t* out) noexcept {
  const __m512i in_order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const std::size_t groups = table.begins.size();
  const std::size_t pairs = taps.pair_count();
  const std::size_t lanes_each = 1 + 2 * pairs;
  const std::ptrdiff_t next_pair = std::ptrdiff_t{2} * channels;
  const std::ptrdiff_t* const begins = table.begins.data();
  const StretchTable::Lanes* lanes = table.lanes.data();
  std::size_t g = 0;
  for (; g + 4 <= groups; g += 4, lanes += 4 * lanes_each, out += 64) {
    const __m512i a = group_avx512<Wide, Pairs>(row + begins[g], lanes, pairs, next_pair);
    const __m512i b = group_avx512<Wide, Pairs>(row + begins[g + 1], lanes + lanes_each, pairs, next_pair);
    const __m512i c = group_avx512<Wide, Pairs>(row + begins[g + 2], lanes + 2 * lanes_each, pairs, next_pair);
    const __m512i d = group_avx512<Wide, Pairs>(row + begins[g + 3], lanes + 3 * lanes_each, pairs, next_pair);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(in_order, packed_avx512(a, b, c, d)));
  }
  for (; g < groups; ++g, lanes += lanes_each, out += 16) {
    const __m512i a = group_avx512<Wide, Pairs>(row + begins[g], lanes, pairs, next_pair);
    const __m512i bytes = _mm512_permutexvar_epi32(in_order, packed_avx512(a, a, a, a));
    // Each sum is there four times; sixteen bytes of the first group are its first quarter.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_castsi512_si128(bytes));
  }
}

inline void stretch_avx512(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                           const StretchTable& table, std::uint8_t* out) noexcept {
  if (!table.usable) {
    stretch_avx2(row, origin, channels, taps, table, out);
  } else if (table.wide) {
    stretch_groups_avx512<true, 0>(row, channels, taps, table, out);
  } else if (taps.pair_count() == 1) {
    stretch_groups_avx512<false, 1>(row, channels, taps, table, out);
  } else {
    stretch_groups_avx512<false, 0>(row, channels, taps, table, out);
  }
}

/// Pairs: as above.
template <int Pairs>
HEARTH_AVX512 void blend_rows_avx512(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps,
                                     std::size_t y, std::size_t bytes, std::uint8_t* out) noexcept {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i half = _mm512_set1_epi32(resample_half);
  const ResampleTaps::Pair* const pairs = taps.pairs() + y * taps.pair_count();
  const int count = Pairs == 1 ? 2 : taps.count();
  for (std::size_t i = 0; i < bytes; i += 64) {
    const std::uint8_t* tap = first + i;
    const __mmask64 mask = bytes - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (bytes - i)) - 1;
    __m512i high[4] = {zero, zero, zero, zero};
    __m512i low[4] = {half, half, half, half};
    for (int t = 0; t < count; t += 2, tap += 2 * stride) {
      const ResampleTaps::Pair& pair = pairs[t / 2];
      const __m512i high_weights = _mm512_set1_epi32(static_cast<int>(pair.high));
      const __m512i low_weights = _mm512_set1_epi32(static_cast<int>(pair.low));
      const __m512i even = _mm512_maskz_loadu_epi8(mask, tap);
      const __m512i odd = t + 1 < count ? _mm512_maskz_loadu_epi8(mask, tap + stride) : zero;
      const __m512i left = _mm512_unpacklo_epi8(even, odd);
      const __m512i right = _mm512_unpackhi_epi8(even, odd);
      const __m512i words[4] = {_mm512_unpacklo_epi8(left, zero), _mm512_unpackhi_epi8(left, zero),
                                _mm512_unpacklo_epi8(right, zero), _mm512_unpackhi_epi8(right, zero)};
      for (int j = 0; j < 4; ++j) {
        high[j] = _mm512_dpwssd_epi32(high[j], words[j], high_weights);
        low[j] = _mm512_dpwssd_epi32(low[j], words[j], low_weights);
      }
    }
    const __m512i pixels = packed_avx512(joined_avx512(high[0], low[0]), joined_avx512(high[1], low[1]),
                                         joined_avx512(high[2], low[2]), joined_avx512(high[3], low[3]));
    if (bytes - i >= 64) {  // a store of some bytes takes several times as long
      _mm512_storeu_si512(out + i, pixels);
    } else {
      _mm512_mask_storeu_epi8(out + i, mask, pixels);
    }
  }
}

inline void blend_avx512(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                         std::size_t bytes, std::uint8_t* out) noexcept {
  if (taps.count() == 2) {
    blend_rows_avx512<1>(first, stride, taps, y, bytes, out);
  } else {
    blend_rows_avx512<0>(first, stride, taps, y, bytes, out);
  }
}

}  // namespace hearth::image::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif  // HEARTH_SIMD_X86
