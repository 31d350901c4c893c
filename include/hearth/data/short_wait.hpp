/// Waits for another thread without sleeping, where that is shorter than falling asleep and being woken.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace hearth::data {

/// Looks again and again for a moment, where a core is left over for it. When that was in vain, which takes no longer
/// than sleeping would have, the next waits do not look, more of them each time: a thread that waits for milliseconds
/// mostly sleeps.
class ShortWait {
 public:
  /// Whether `flag` became true in time; what the other thread did before it set the flag is then seen.
  bool until(const std::atomic<bool>& flag) noexcept {
    if (flag.load(std::memory_order_acquire)) {
      return true;
    }
    if (sleeps_ > 0) {
      --sleeps_;
      return false;
    }
    static const bool has_cores = std::thread::hardware_concurrency() > 1;
    if (!has_cores) {
      return false;
    }
    constexpr std::chrono::microseconds longest{20};
    constexpr int looks = 32;  // between two looks at the clock
    const auto end = std::chrono::steady_clock::now() + longest;
    do {
      for (int i = 0; i < looks; ++i) {
        if (flag.load(std::memory_order_acquire)) {
          in_vain_ = 0;
          return true;
        }
        pause();
      }
    } while (std::chrono::steady_clock::now() < end);
    constexpr int most = 8;
    in_vain_ = std::min(in_vain_ + 1, most);
    sleeps_ = 1 << in_vain_;
    return false;
  }

 private:
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");  // about as long as x86's pause; `yield` is over at once
#endif
  }

  int sleeps_ = 0;   // how many waits will not look
  int in_vain_ = 0;  // how often in a row looking was in vain, up to a bound
};

}  // namespace hearth::data
