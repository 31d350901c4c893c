#pragma once

#include <hearth/core/memory.hpp>

#include <stdlib.h>  // says whether the library is glibc

#ifdef __GLIBC__
#include <malloc.h>

#include <string_view>
#endif

namespace hearth {

#ifdef __GLIBC__
namespace core::detail {

/// Whether the user has set malloc up already.
inline bool malloc_is_set_up() noexcept {
  const char* const tunables = ::getenv("GLIBC_TUNABLES");
  if (tunables != nullptr && std::string_view(tunables).find("glibc.malloc.") != std::string_view::npos) {
    return true;
  }
  for (const char* const name : {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"}) {
    if (::getenv(name) != nullptr) {
      return true;
    }
  }
  return false;
}

}  // namespace core::detail
#endif

HEARTH_INLINE void tune_memory() noexcept {
#ifdef __GLIBC__
  if (core::detail::malloc_is_set_up()) {
    return;
  }
  // Before version 2.35 glibc refused thresholds above 32 MB.
  constexpr int most = 1 << 30;
  constexpr int most_before = 32 << 20;
  if (::mallopt(M_MMAP_THRESHOLD, most) == 0 && ::mallopt(M_MMAP_THRESHOLD, most_before) == 0) {
    return;
  }
  ::mallopt(M_TRIM_THRESHOLD, -1);  // never
  ::mallopt(M_TOP_PAD, 64 << 20);   // asks the system for so much more at a time
#endif
}

}  // namespace hearth
