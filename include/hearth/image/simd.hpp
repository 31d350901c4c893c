/// Which of a processor's instructions the inner loops of images use.
#pragma once

#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

#if defined(__x86_64__) && defined(__GNUC__)
#define HEARTH_SIMD_X86 1
/// Compiles a function for a level, whatever the file is compiled for.
#define HEARTH_SSE4 __attribute__((target("sse4.1")))
#define HEARTH_AVX2 __attribute__((target("avx2,fma,f16c")))
/// Without FMA: a compiler has no instruction that fuses a product with a sum and rounds once instead of twice.
#define HEARTH_AVX2_UNFUSED __attribute__((target("avx2")))
/// And where it has one, in a function with FMA or a program made for a processor with it: it doesn't see what
/// `product`, a vector, is made of.
#define HEARTH_UNFUSED(product) asm("" : "+x"(product))
#define HEARTH_AVX512 __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni")))
#elif defined(__aarch64__) && defined(__GNUC__)
#define HEARTH_SIMD_NEON 1
#endif

namespace hearth::image {

/// What a loop is written in. `portable` is plain C++ and the reference: the others give the same bytes. `avx2` stands
/// for FMA and F16C too, `avx512` for F, BW, VL, DQ, VBMI and VNNI, which processors have since Ice Lake and Zen 4.
enum class Simd { portable, sse4, avx2, avx512, neon };

/// "portable", "sse4", "avx2", "avx512" or "neon".
std::string_view name_of(Simd level) noexcept;

/// The levels that this processor and its operating system run, the fastest last.
const std::vector<Simd>& simd_levels();

/// The level in use: the fastest, or the one that the environment variable HEARTH_SIMD names. Throws Error where that
/// names none of simd_levels().
Simd simd_level();

/// Uses a level for as long as it lives, in all threads; for tests. Throws Error unless it is one of simd_levels().
class SimdOverride {
 public:
  explicit SimdOverride(Simd level);
  ~SimdOverride();
  SimdOverride(const SimdOverride&) = delete;
  SimdOverride& operator=(const SimdOverride&) = delete;

 private:
  Simd before_;
};

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/simd.ipp>
#endif
