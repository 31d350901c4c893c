/// The nearest pixels of an affine map in AVX-512: sixteen RGB pixels at a time.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <hearth/image/color_avx512.hpp>
#include <hearth/image/image.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in the compiler's own header, GCC's bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace hearth::image::detail {

/// Writes `width` RGB pixels: pixel i is that of the source at (x + i dx, y + i dy), in 16.16 fixed point, or `fill`
/// where that lies outside. All positions fit 32 bits, and so do the source's offsets in bytes (its stride is
/// positive).
HEARTH_AVX512 inline void take_nearest_rgb_avx512(const ImageView& source, std::int32_t x, std::int32_t y,
                                                  std::int32_t dx, std::int32_t dy, const std::uint8_t* fill, int width,
                                                  std::uint8_t* out) noexcept {
  const __m512i indices = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto first = [indices](std::int32_t begin, std::int32_t step) HEARTH_AVX512 {
    return _mm512_add_epi32(_mm512_set1_epi32(begin), _mm512_mullo_epi32(indices, _mm512_set1_epi32(step)));
  };
  const auto times_16 = [](std::int32_t step) {  // the last step may overflow, and what it makes is not used
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(step) * 16);
  };
  __m512i xs = first(x, dx);
  __m512i ys = first(y, dy);
  const __m512i next_x = _mm512_set1_epi32(times_16(dx));
  const __m512i next_y = _mm512_set1_epi32(times_16(dy));
  const __m512i end_x = _mm512_set1_epi32(source.width << 16);
  const __m512i end_y = _mm512_set1_epi32(source.height << 16);
  const __m512i stride = _mm512_set1_epi32(static_cast<int>(source.stride));
  const __m512i outside = _mm512_set1_epi32(fill[0] | fill[1] << 8 | fill[2] << 16);
  // Four bytes are read from a pixel on, and from the image's last pixel four up to its end.
  const int last = (source.height - 1) * static_cast<int>(source.stride) + (source.width - 1) * 3;
  for (std::ptrdiff_t i = 0; i < width; i += 16, out += 48) {
    const auto count = static_cast<std::size_t>(std::min<std::ptrdiff_t>(width - i, 16));
    const auto inside = static_cast<__mmask16>(_mm512_cmplt_epu32_mask(xs, end_x) & _mm512_cmplt_epu32_mask(ys, end_y) &
                                               low_mask_512(count));
    const __m512i columns = _mm512_srli_epi32(xs, 16);
    const __m512i rows = _mm512_srli_epi32(ys, 16);
    const __m512i offsets = _mm512_add_epi32(_mm512_mullo_epi32(rows, stride),
                                             _mm512_add_epi32(columns, _mm512_add_epi32(columns, columns)));
    const __mmask16 at_end = _mm512_mask_cmpeq_epi32_mask(inside, offsets, _mm512_set1_epi32(last));
    __m512i pixels =
        _mm512_mask_i32gather_epi32(outside, static_cast<__mmask16>(inside & ~at_end), offsets, source.data, 1);
    if (at_end != 0) {
      const std::uint8_t* const pixel = source.data + last;
      pixels = _mm512_mask_mov_epi32(pixels, at_end, _mm512_set1_epi32(pixel[0] | pixel[1] << 8 | pixel[2] << 16));
    }
    store_rgb_512(out, low_mask_512(3 * count), pixels);
    xs = _mm512_add_epi32(xs, next_x);
    ys = _mm512_add_epi32(ys, next_y);
  }
}

}  // namespace hearth::image::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif  // HEARTH_SIMD_X86
