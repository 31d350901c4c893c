#pragma once

#include <hearth/core/interrupt.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

#include <hearth/core/error.hpp>
#include <hearth/core/repeated_signal.hpp>

namespace hearth {

namespace core::detail {

/// What the signal handler sees. It may be called in any thread at any time, so it only reads and writes these, and
/// calls functions that POSIX allows it.
struct SignalState {
  std::atomic<std::int64_t> first{0};  // milliseconds of the monotonic clock * 256 + the first signal; 0: none yet
  std::atomic<pid_t> owner{0};         // the process with an InterruptSignal; children of it, made by fork, have none
  std::array<int, 2> pipe{-1, -1};     // made once and never closed, so that no late handler writes to another's file
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

inline SignalState signal_state;
inline constexpr std::array<int, 3> stop_signals{SIGINT, SIGTERM, SIGHUP};

inline void write_to_pipe(int signal) noexcept {
  const auto byte = static_cast<unsigned char>(signal);
  [[maybe_unused]] const ssize_t written = ::write(signal_state.pipe[1], &byte, 1);
}

inline void handle_stop_signal(int signal) {
  const int errno_before = errno;
  if (signal_state.owner != ::getpid()) {
    ::_exit(128 + signal);
  }
  struct timespec now {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t milliseconds = std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  std::int64_t first = 0;
  if (signal_state.first.compare_exchange_strong(first, milliseconds * 256 + signal)) {
    write_to_pipe(signal);
  } else {
    const std::int64_t since = milliseconds - first / 256;
    if (!core::is_repeated_signal(signal, static_cast<int>(first % 256), since)) {
      ::_exit(128 + static_cast<int>(first % 256));
    }
  }
  errno = errno_before;
}

inline void make_signal_pipe() {
  if (signal_state.pipe[0] >= 0) {
    return;
  }
  require(::pipe(signal_state.pipe.data()) == 0, "InterruptSignal: the system has no pipe left for it");
  for (const int end : signal_state.pipe) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  ::fcntl(signal_state.pipe[1], F_SETFL, O_NONBLOCK);
}

/// Empties the pipe of what an earlier InterruptSignal did not read.
inline void drain_signal_pipe() {
  ::fcntl(signal_state.pipe[0], F_SETFL, O_NONBLOCK);
  unsigned char byte = 0;
  while (::read(signal_state.pipe[0], &byte, 1) == 1) {
  }
  ::fcntl(signal_state.pipe[0], F_SETFL, 0);
}

/// Ends the process with its streams flushed, unless that takes long: another thread may be in the middle of writing to
/// a terminal that has stopped.
[[noreturn]] inline void end_process(int code) {
  static std::atomic<bool> is_flushed{false};
  try {
    std::thread([] {
      std::fflush(nullptr);
      is_flushed = true;
    }).detach();
    for (int i = 0; i < 60 && !is_flushed; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  } catch (const std::system_error&) {
    // No thread to be had: it ends without.
  }
  std::_Exit(code);
}

/// A thread that no signal is sent to.
template <class Body>
std::thread start_without_signals(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace core::detail

struct InterruptSignal::State {
  using Clock = std::chrono::steady_clock;

  State(std::chrono::milliseconds time_to_leave, std::chrono::milliseconds time_to_save)
      : patience(time_to_leave), longest_save(time_to_save.count()) {}

  /// The thread that waits for a signal, and then for the end of the program.
  void wait() {
    unsigned char byte = 0;
    while (::read(core::detail::signal_state.pipe[0], &byte, 1) != 1) {
    }
    if (byte == 0) {
      return;  // the object goes, and no signal has come
    }
    const auto start = Clock::now();
    const int code = 128 + byte;
    std::thread saver;
    const auto save = [this] {
      source.request_stop();  // returns when the StopCallbacks have run
      const std::lock_guard lock(mutex);
      is_saved = true;
      changed.notify_all();
    };
    try {
      saver = core::detail::start_without_signals(save);
    } catch (const std::system_error&) {
      save();
    }
    std::unique_lock lock(mutex);
    const bool is_left = changed.wait_until(lock, start + patience, [this] { return is_over && is_saved; });
    changed.wait_until(lock, start + std::max(patience, std::chrono::milliseconds(longest_save)),
                       [this] { return is_saved; });
    if (is_saved && Clock::now() - start > patience) {  // the program may have waited for the save, and leaves now
      changed.wait_for(lock, time_to_leave_after_save, [this] { return is_over; });
    }
    if (is_left || (is_over && is_saved)) {
      lock.unlock();
      if (saver.joinable()) {
        saver.join();
      }
      return;
    }
    lock.unlock();
    core::detail::end_process(code);
  }

  static constexpr std::chrono::milliseconds time_to_leave_after_save{300};

  const std::chrono::milliseconds patience;
  std::atomic<std::chrono::milliseconds::rep> longest_save;  // in milliseconds
  StopSource source;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;   // the object goes
  bool is_saved = false;  // the StopCallbacks have run
  std::thread waiter;
  std::array<struct sigaction, core::detail::stop_signals.size()> before{};
};

HEARTH_INLINE void InterruptSignal::allow_saving(std::chrono::milliseconds longest_save) const noexcept {
  state_->longest_save = longest_save.count();
}

HEARTH_INLINE InterruptSignal::InterruptSignal(std::chrono::milliseconds patience,
                                               std::chrono::milliseconds longest_save)
    : state_(std::make_unique<State>(patience, longest_save)) {
  using core::detail::signal_state;
  core::require(signal_state.owner != ::getpid(),
                "InterruptSignal: there is one already, and a process has one at most");
  core::detail::make_signal_pipe();
  core::detail::drain_signal_pipe();
  signal_state.first = 0;
  State& state = *state_;
  state.waiter = core::detail::start_without_signals([&state] { state.wait(); });
  signal_state.owner = ::getpid();
  for (std::size_t i = 0; i < state.before.size(); ++i) {
    struct sigaction ours {};
    ours.sa_handler = core::detail::handle_stop_signal;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    const int signal = core::detail::stop_signals[i];
    ::sigaction(signal, nullptr, &state.before[i]);
    if (state.before[i].sa_handler != SIG_IGN) {
      ::sigaction(signal, &ours, nullptr);
    }
  }
}

HEARTH_INLINE InterruptSignal::~InterruptSignal() {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    state.is_over = true;
  }
  state.changed.notify_all();
  core::detail::write_to_pipe(0);
  state.waiter.join();
  for (std::size_t i = 0; i < state.before.size(); ++i) {
    struct sigaction current {};
    const int signal = core::detail::stop_signals[i];
    ::sigaction(signal, nullptr, &current);
    if (current.sa_handler == core::detail::handle_stop_signal) {
      ::sigaction(signal, &state.before[i], nullptr);
    }
  }
  core::detail::signal_state.owner = 0;
}

HEARTH_INLINE StopToken InterruptSignal::token() const noexcept {
  return state_->source.token();
}

HEARTH_INLINE int InterruptSignal::exit_code() const noexcept {
  const std::int64_t first = core::detail::signal_state.first;
  return first == 0 ? 0 : 128 + static_cast<int>(first % 256);
}

}  // namespace hearth
