/// Work on numbered things in several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <hearth/core/function_ref.hpp>

namespace hearth::datasets {

/// As many threads as `workers`; 0: as there are cores.
inline std::size_t threads_for(int workers) noexcept {
  return workers > 0 ? static_cast<std::size_t>(workers) : std::max(1U, std::thread::hardware_concurrency());
}

/// Calls `call(i)` for each i below `count`, in so many threads, this one among them, until all were called or a call
/// returned false. Throws again what a call throws first, once the others have ended.
inline void in_threads(std::size_t count, std::size_t threads, core::FunctionRef<bool(std::size_t)> call) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> is_over = false;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < count && !is_over; i = next++) {
        if (!call(i)) {
          is_over = true;
        }
      }
    } catch (...) {
      is_over = true;
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
    }
  };
  std::vector<std::thread> others;
  try {
    while (others.size() + 1 < std::min(threads, count)) {
      others.emplace_back(work);
    }
  } catch (const std::exception&) {  // fewer threads will do
  }
  work();
  for (std::thread& other : others) {
    other.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace hearth::datasets
