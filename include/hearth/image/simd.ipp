#pragma once

#include <hearth/image/simd.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <string>

#ifdef HEARTH_SIMD_X86
#include <cpuid.h>
#endif

#include <hearth/core/error.hpp>

namespace hearth::image {

namespace detail {

inline constexpr std::array<std::string_view, 5> simd_names{"portable", "sse4", "avx2", "avx512", "neon"};

inline std::vector<Simd> found_simd_levels() {
  std::vector<Simd> levels{Simd::portable};
#ifdef HEARTH_SIMD_X86
  __builtin_cpu_init();
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  const bool f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
  // __builtin_cpu_supports asks whether the operating system keeps the registers, too.
  if (__builtin_cpu_supports("sse4.1")) {
    levels.push_back(Simd::sse4);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && f16c) {
    levels.push_back(Simd::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
        __builtin_cpu_supports("avx512vnni")) {
      levels.push_back(Simd::avx512);
    }
  }
#elif defined(HEARTH_SIMD_NEON)
  levels.push_back(Simd::neon);  // which every such processor has
#endif
  return levels;
}

inline Simd checked_simd_level(std::string_view name, std::string_view who) {
  std::string known;
  for (const Simd level : simd_levels()) {
    if (name_of(level) == name) {
      return level;
    }
    known += known.empty() ? "" : ", ";
    known += name_of(level);
  }
  core::fail("{}: this processor runs {}, but {} was asked for", who, known, name);
}

inline std::atomic<Simd>& simd_in_use() {
  static std::atomic<Simd> level = [] {
    const char* const name = std::getenv("HEARTH_SIMD");
    return name != nullptr && *name != '\0' ? checked_simd_level(name, "HEARTH_SIMD") : simd_levels().back();
  }();
  return level;
}

}  // namespace detail

HEARTH_INLINE std::string_view name_of(Simd level) noexcept {
  return detail::simd_names[static_cast<std::size_t>(level)];
}

HEARTH_INLINE const std::vector<Simd>& simd_levels() {
  static const std::vector<Simd> levels = detail::found_simd_levels();
  return levels;
}

HEARTH_INLINE Simd simd_level() {
  return detail::simd_in_use().load(std::memory_order_relaxed);
}

HEARTH_INLINE SimdOverride::SimdOverride(Simd level) : before_(simd_level()) {
  detail::simd_in_use() = detail::checked_simd_level(name_of(level), "SimdOverride");
}

HEARTH_INLINE SimdOverride::~SimdOverride() {
  detail::simd_in_use() = before_;
}

}  // namespace hearth::image
