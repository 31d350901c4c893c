/// The inner loops of resampling: one row stretched, several rows blended into one. Each comes as plain C++ and in SSE2
/// instructions, with equal results to the last bit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <hearth/image/resample_taps.hpp>

namespace hearth::image {

/// The kernels in plain C++. They round as Pillow does: half up, then clipped to 0 … 255.
struct ScalarKernels {
  /// Writes `taps.size()` pixels to `out`; `row` begins with source pixel `origin`.
  static void stretch(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                      std::uint8_t* out) noexcept {
    const std::int32_t* weights = taps.weights();
    for (std::size_t x = 0; x < taps.size(); ++x, weights += 2 * taps.pair_count()) {
      const std::uint8_t* const first = row + std::ptrdiff_t{taps.firsts()[x] - origin} * channels;
      for (int c = 0; c < channels; ++c) {
        std::int32_t sum = half;
        for (int t = 0; t < taps.count(); ++t) {
          sum += first[t * channels + c] * weights[t];
        }
        *out++ = rounded(sum);
      }
    }
  }

  /// Writes `bytes` bytes to `out`, target row `y`, from as many bytes of each of the row's taps: `first` is the first,
  /// the others follow at a distance of `stride`.
  static void blend(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                    std::size_t bytes, std::uint8_t* out) noexcept {
    const std::int32_t* const weights = taps.weights() + y * 2 * taps.pair_count();
    for (std::size_t i = 0; i < bytes; ++i) {
      std::int32_t sum = half;
      for (int t = 0; t < taps.count(); ++t) {
        sum += first[t * stride + static_cast<std::ptrdiff_t>(i)] * weights[t];
      }
      out[i] = rounded(sum);
    }
  }

 private:
  static constexpr std::int32_t half = 1 << (ResampleTaps::precision_bits - 1);

  static std::uint8_t rounded(std::int32_t sum) noexcept {
    return static_cast<std::uint8_t>(std::clamp(sum >> ResampleTaps::precision_bits, 0, 255));
  }
};

#if defined(__SSE2__)

/// The kernels in SSE2, which every x86-64 processor has. A product of 8 and 22 bits doesn't fit its 16-bit multiplier,
/// so each weight goes in as two halves of 11 bits whose sums are joined at the end; both are exact.
struct Sse2Kernels {
  /// As ScalarKernels::stretch; with three channels it reads one byte past the last pixel of `row`, without using it,
  /// and writes one past the last of `out`.
  static void stretch(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                      std::uint8_t* out) noexcept {
    if (channels != 3) {
      ScalarKernels::stretch(row, origin, channels, taps, out);
    } else if (taps.count() == 2) {
      stretch_rgb<2>(row, origin, taps, out);
    } else {
      stretch_rgb<any_count>(row, origin, taps, out);
    }
  }

  /// As ScalarKernels::blend.
  static void blend(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                    std::size_t bytes, std::uint8_t* out) noexcept {
    const std::size_t done = taps.count() == 2 ? blend_blocks<2>(first, stride, taps, y, bytes, out)
                                               : blend_blocks<any_count>(first, stride, taps, y, bytes, out);
    ScalarKernels::blend(first + done, stride, taps, y, bytes - done, out + done);
  }

 private:
  /// Two taps, as everything that grows has, are worth a loop of their own: it is nearly twice as fast.
  static constexpr int any_count = 0;

  /// Four sums of pixels times weights.
  struct Sums {
    __m128i high = _mm_setzero_si128();
    __m128i low = _mm_set1_epi32(1 << (ResampleTaps::precision_bits - 1));

    /// `pixels`: eight 16-bit numbers; each two neighbours go into one sum.
    void add(__m128i pixels, __m128i high_weights, __m128i low_weights) noexcept {
      high = _mm_add_epi32(high, _mm_madd_epi16(pixels, high_weights));
      low = _mm_add_epi32(low, _mm_madd_epi16(pixels, low_weights));
    }

    __m128i rounded() const noexcept {
      const __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, ResampleTaps::half_bits), low);
      return _mm_srai_epi32(sum, ResampleTaps::precision_bits);
    }
  };

  template <int Count>
  static void stretch_rgb(const std::uint8_t* row, int origin, const ResampleTaps& taps, std::uint8_t* out) noexcept {
    const __m128i zero = _mm_setzero_si128();
    const int count = Count == any_count ? taps.count() : Count;
    const ResampleTaps::Pair* pair = taps.pairs();
    const int* const firsts = taps.firsts();
    const std::size_t size = taps.size();
    for (std::size_t x = 0; x < size; ++x, out += 3) {
      const std::uint8_t* tap = row + std::ptrdiff_t{firsts[x] - origin} * 3;
      Sums sums;
      int t = 0;
      for (; t + 1 < count; t += 2, tap += 6, ++pair) {
        const __m128i bytes = _mm_unpacklo_epi8(load4(tap), load4(tap + 3));  // r r g g b b . .
        sums.add(_mm_unpacklo_epi8(bytes, zero), broadcast(pair->high), broadcast(pair->low));
      }
      if (t < count) {
        const __m128i bytes = _mm_unpacklo_epi8(load4(tap), zero);
        sums.add(_mm_unpacklo_epi8(bytes, zero), broadcast(pair->high), broadcast(pair->low));
        ++pair;
      }
      const __m128i words = _mm_packs_epi32(sums.rounded(), zero);
      const int pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, zero));
      std::memcpy(out, &pixel, sizeof pixel);
    }
  }

  /// Blends blocks of 16 bytes, as many as there are; returns how many bytes these were.
  template <int Count>
  static std::size_t blend_blocks(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps,
                                  std::size_t y, std::size_t bytes, std::uint8_t* out) noexcept {
    const __m128i zero = _mm_setzero_si128();
    const int count = Count == any_count ? taps.count() : Count;
    const ResampleTaps::Pair* const pairs = taps.pairs() + y * taps.pair_count();
    std::size_t i = 0;
    for (; i + 16 <= bytes; i += 16) {
      const ResampleTaps::Pair* pair = pairs;
      const std::uint8_t* tap = first + i;
      Sums sums[4];
      for (int t = 0; t < count; t += 2, tap += 2 * stride, ++pair) {
        const __m128i high = broadcast(pair->high);
        const __m128i low = broadcast(pair->low);
        const __m128i even = load16(tap);
        const __m128i odd = t + 1 < count ? load16(tap + stride) : zero;
        const __m128i left = _mm_unpacklo_epi8(even, odd);
        const __m128i right = _mm_unpackhi_epi8(even, odd);
        sums[0].add(_mm_unpacklo_epi8(left, zero), high, low);
        sums[1].add(_mm_unpackhi_epi8(left, zero), high, low);
        sums[2].add(_mm_unpacklo_epi8(right, zero), high, low);
        sums[3].add(_mm_unpackhi_epi8(right, zero), high, low);
      }
      const __m128i left = _mm_packs_epi32(sums[0].rounded(), sums[1].rounded());
      const __m128i right = _mm_packs_epi32(sums[2].rounded(), sums[3].rounded());
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(left, right));
    }
    return i;
  }

  static __m128i broadcast(std::uint32_t value) noexcept { return _mm_set1_epi32(static_cast<int>(value)); }

  static __m128i load4(const std::uint8_t* bytes) noexcept {
    int value;
    std::memcpy(&value, bytes, sizeof value);
    return _mm_cvtsi32_si128(value);
  }

  static __m128i load16(const std::uint8_t* bytes) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  }
};

using FastestKernels = Sse2Kernels;

#else

using FastestKernels = ScalarKernels;

#endif

}  // namespace hearth::image
