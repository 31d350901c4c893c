/// Signals that a launcher hands on.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <hearth/core/error.hpp>
#include <hearth/core/private_pipe.hpp>

namespace hearth::dist::detail {

/// A signal, as its handler writes it into the pipe.
struct SignalNote {
  std::int64_t milliseconds = 0;  // of the monotonic clock
  int signal = 0;
};

inline std::atomic<int> launch_signal_pipe{-1};

inline void note_signal(int signal) {
  const int errno_before = errno;
  struct timespec now {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  SignalNote note{std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000, signal};
  [[maybe_unused]] const ssize_t written = ::write(launch_signal_pipe, &note, sizeof note);
  errno = errno_before;
}

/// While it lives, signals come as notes. One that the process ignores stays ignored.
class LaunchSignals {
 public:
  LaunchSignals() : pipe_(core::make_pipe("launch")) {
    int none = -1;
    core::require(launch_signal_pipe.compare_exchange_strong(none, pipe_.in.number()),
                  "launch: this process is launching others already");
    for (const core::Descriptor* const end : {&pipe_.out, &pipe_.in}) {
      ::fcntl(end->number(), F_SETFL, O_NONBLOCK);
    }
    for (std::size_t i = 0; i < signals.size(); ++i) {
      struct sigaction ours {};
      ours.sa_handler = note_signal;
      sigemptyset(&ours.sa_mask);
      ::sigaction(signals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN || signals[i] == SIGCHLD) {
        ::sigaction(signals[i], &ours, nullptr);
      }
    }
  }
  LaunchSignals(const LaunchSignals&) = delete;
  LaunchSignals& operator=(const LaunchSignals&) = delete;
  ~LaunchSignals() {
    for (std::size_t i = 0; i < signals.size(); ++i) {
      ::sigaction(signals[i], &before_[i], nullptr);
    }
    launch_signal_pipe = -1;
  }

  /// For a process between fork and exec.
  static void reset() noexcept {
    for (const int signal : signals) {
      struct sigaction current {};
      ::sigaction(signal, nullptr, &current);
      if (current.sa_handler != SIG_IGN) {
        ::signal(signal, SIG_DFL);
      }
    }
  }

  /// Readable when there is a note.
  int descriptor() const noexcept { return pipe_.out.number(); }

  std::optional<SignalNote> take() noexcept {
    SignalNote note;
    return ::read(descriptor(), &note, sizeof note) == sizeof note ? std::optional(note) : std::nullopt;
  }

  static constexpr std::array<int, 6> signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGTSTP, SIGCHLD};

 private:
  core::Pipe pipe_;
  std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace hearth::dist::detail
