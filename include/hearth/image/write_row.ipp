#pragma once

#include <hearth/image/write_row.hpp>

#include <algorithm>

#include <hearth/image/simd.hpp>
#include <hearth/image/write_row_portable.hpp>

#ifdef HEARTH_SIMD_X86
#include <hearth/image/write_row_avx2.hpp>
#include <hearth/image/write_row_avx512.hpp>
#elif defined(HEARTH_SIMD_NEON)
#include <hearth/image/write_row_neon.hpp>
#endif

namespace hearth::image {

HEARTH_INLINE void write_row(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                             const RowPlace& place) {
  switch (simd_level()) {
#ifdef HEARTH_SIMD_X86
    case Simd::avx512:
      if (write_row_avx512(map, first, step, width, place)) {
        return;
      }
      [[fallthrough]];
    case Simd::avx2:
      if (write_row_avx2(map, first, step, width, place)) {
        return;
      }
      break;
#elif defined(HEARTH_SIMD_NEON)
    case Simd::neon:
      if (write_row_neon(map, first, step, width, place)) {
        return;
      }
      break;
#endif
    default:
      break;
  }
  write_row_portable(map, first, step, width, place);
}

HEARTH_INLINE void copy_row(const std::uint8_t* first, std::ptrdiff_t step, int width, int channels,
                            std::uint8_t* out) {
  if (step > 0) {
    std::copy_n(first, std::ptrdiff_t{width} * channels, out);
    return;
  }
#ifdef HEARTH_SIMD_X86
  if (channels == 3 && width >= 16 && simd_level() >= Simd::avx2) {
    detail::reverse_rgb_avx2(first, width, out);
    return;
  }
#endif
  if (channels == 3) {
    for (int x = 0; x < width; ++x, first -= 3, out += 3) {
      out[0] = first[0];
      out[1] = first[1];
      out[2] = first[2];
    }
    return;
  }
  for (int x = 0; x < width; ++x, first += step, out += channels) {
    std::copy_n(first, channels, out);
  }
}

HEARTH_INLINE void finish_streaming() noexcept {
#ifdef HEARTH_SIMD_X86
  _mm_sfence();
#endif
}

}  // namespace hearth::image
