#include <hearth/core/memory.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "catch.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_own_malloc = true;  // the sanitizer's
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool has_own_malloc = true;
#else
constexpr bool has_own_malloc = false;
#endif
#else
constexpr bool has_own_malloc = false;
#endif

namespace {

constexpr std::size_t piece = 96 << 20;  // above the 64 MB of a heap, and what glibc would keep by itself

/// The pages that the system had to find for a piece of memory that is taken, filled and given back.
long faults_of_one_piece() {
  const auto faults = [] {
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  const long before = faults();
  void* const memory = std::malloc(piece);
  if (memory == nullptr) {
    return -1;
  }
  std::memset(memory, 1, piece);
  const volatile char* const seen = static_cast<const char*>(memory);
  const long faulted = seen[piece / 2] == 1 ? faults() - before : -1;
  std::free(memory);
  return faulted;
}

/// What the second piece costs in a process of its own; `setting` is put into its environment.
long faults_of_second_piece(bool tuned, const char* setting) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return -1;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    for (const char* const name :
         {"GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"}) {
      ::unsetenv(name);
    }
    if (setting != nullptr) {
      ::setenv(setting, "131072", 1);
    }
    if (tuned) {
      hearth::tune_memory();
    }
    faults_of_one_piece();
    const long faults = faults_of_one_piece();
    std::_Exit(::write(ends[1], &faults, sizeof(faults)) == sizeof(faults) ? 0 : 1);
  }
  ::close(ends[1]);
  long faults = -1;
  const bool told = ::read(ends[0], &faults, sizeof(faults)) == sizeof(faults);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return told && status == 0 ? faults : -1;
}

}  // namespace

TEST_CASE("memory that was freed is taken again without a page fault once it is tuned", "[memory]") {
#ifdef __GLIBC__
  if (has_own_malloc) {
    WARN("skipped: malloc is the sanitizer's");
    return;
  }
  const long pages = static_cast<long>(piece) / ::sysconf(_SC_PAGESIZE);
  const long untuned = faults_of_second_piece(false, nullptr);
  const long tuned = faults_of_second_piece(true, nullptr);
  CHECK(tuned >= 0);
  CHECK(tuned < pages / 100);
  // Huge pages are fewer: where the system gives them unasked, there is less to see.
  CHECK(untuned >= (pages / 1024));
  CHECK(tuned < untuned);
#else
  hearth::tune_memory();  // does nothing
#endif
}

TEST_CASE("memory that the environment sets up stays as it is set up", "[memory]") {
#ifdef __GLIBC__
  if (has_own_malloc) {
    WARN("skipped: malloc is the sanitizer's");
    return;
  }
  const long untuned = faults_of_second_piece(false, nullptr);
  const long set_up = faults_of_second_piece(true, "MALLOC_MMAP_THRESHOLD_");
  CHECK(set_up >= untuned / 2);
#endif
}
