#pragma once

#include <hearth/core/threads.hpp>

#ifdef __linux__
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#endif

namespace hearth {

namespace core::detail {

/// How often a thread looks before it sleeps, on a machine with so many cores and other programs that run. Measured on
/// two cores: 10000 looks trained an MLP of small steps faster than libgomp's own 300000 or none on a quiet machine,
/// and with four compilers beside it none was the fastest by far.
inline const char* spin_count(long cores, long others) noexcept {
  return others < cores ? "10000" : "0";
}

#ifdef __linux__

/// The programs that run or could run at this moment, this one not counted: the middle one of a few looks. The load
/// average is no help: it tells of the last minute, of the compiler that has just built this program, say.
inline long count_running_programs() noexcept {
  std::array<long, 7> counts{};
  std::size_t known = 0;
  for (long& count : counts) {
    if (known > 0) {
      const struct timespec pause { .tv_sec = 0, .tv_nsec = 3'000'000 };
      ::nanosleep(&pause, nullptr);
    }
    std::FILE* const file = std::fopen("/proc/loadavg", "re");
    if (file == nullptr) {
      return 0;
    }
    known += std::fscanf(file, "%*s %*s %*s %ld/", &count) == 1 ? 1 : 0;
    std::fclose(file);
  }
  std::sort(counts.begin(), counts.end());
  return known == counts.size() ? counts[counts.size() / 2] - 1 : 0;
}

/// Whether libgomp is loaded. LLVM's and Intel's libraries have its functions too, beside their own.
inline bool has_libgomp() noexcept {
  return ::dlsym(RTLD_DEFAULT, "GOMP_parallel") != nullptr && ::dlsym(RTLD_DEFAULT, "__kmpc_fork_call") == nullptr;
}

/// The file that this program was started from; empty when it has gone, and when this program was started by naming
/// the dynamic linker, which would be started anew in its place.
inline const char* program_file(std::array<char, 4096>& path) noexcept {
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const bool is_usable = length > 0 && ::getauxval(AT_BASE) != 0 && ::getauxval(AT_SECURE) == 0;
  path[is_usable ? static_cast<std::size_t>(length) : 0] = '\0';
  return ::access(path.data(), X_OK) == 0 ? path.data() : "";
}

#endif

}  // namespace core::detail

HEARTH_INLINE void tune_threads(char** argv) noexcept {
#ifdef __linux__
  const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (::getenv("GOMP_SPINCOUNT") != nullptr || ::getenv("OMP_WAIT_POLICY") != nullptr || cores < 2 ||
      !core::detail::has_libgomp()) {
    return;
  }
  std::array<char, 4096> path{};
  const char* const file = core::detail::program_file(path);
  const char* const count = core::detail::spin_count(cores, core::detail::count_running_programs());
  if (*file != '\0' && ::setenv("GOMP_SPINCOUNT", count, 1) == 0) {
    ::execv(file, argv);  // returns only when that is not possible: the program goes on as it is
  }
#else
  static_cast<void>(argv);
#endif
}

}  // namespace hearth
