/// The first failure of stdout and stderr: remembered when it is met, told when the program ends.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace hearth::core {

namespace detail {
inline std::atomic<int> stdout_failure{0};
inline std::atomic<int> stderr_failure{0};
}  // namespace detail

/// Keeps the reason (an errno), unless the stream has failed before or is neither of the two.
inline void remember_failure(const std::FILE* stream, int reason) noexcept {
  int none = 0;
  if (stream == stdout) {
    detail::stdout_failure.compare_exchange_strong(none, reason != 0 ? reason : EIO);
  } else if (stream == stderr) {
    detail::stderr_failure.compare_exchange_strong(none, reason != 0 ? reason : EIO);
  }
}

}  // namespace hearth::core
