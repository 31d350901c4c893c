#pragma once

#include <hearth/image/resample_kernels.hpp>

#ifdef HEARTH_SIMD_X86
#include <hearth/image/resample_avx2.hpp>
#include <hearth/image/resample_avx512.hpp>
#include <hearth/image/resample_sse4.hpp>
#elif defined(HEARTH_SIMD_NEON)
#include <hearth/image/resample_neon.hpp>
#endif

namespace hearth::image {

HEARTH_INLINE const ResampleKernels& resample_kernels() {
  switch (simd_level()) {
#ifdef HEARTH_SIMD_X86
    case Simd::sse4: {
      static constexpr ResampleKernels kernels{detail::prepare_nothing, detail::stretch_sse4, detail::blend_sse4};
      return kernels;
    }
    case Simd::avx2: {
      static constexpr ResampleKernels kernels{detail::prepare_nothing, detail::stretch_avx2, detail::blend_avx2};
      return kernels;
    }
    case Simd::avx512: {
      static constexpr ResampleKernels kernels{detail::prepare_avx512, detail::stretch_avx512, detail::blend_avx512};
      return kernels;
    }
#elif defined(HEARTH_SIMD_NEON)
    case Simd::neon: {
      static constexpr ResampleKernels kernels{detail::prepare_nothing, detail::stretch_neon, detail::blend_neon};
      return kernels;
    }
#endif
    default:
      return portable_resample_kernels;
  }
}

}  // namespace hearth::image
