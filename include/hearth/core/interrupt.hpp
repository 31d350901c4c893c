/// Ctrl-C as a stop token: a program that trains for hours ends when it is asked to, and loses nothing.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <mutex>
#include <stop_token>
#include <thread>

namespace hearth {

/// While it lives, SIGINT and SIGTERM request a stop of `token()` instead of ending the process.
///
/// Make it first in main: the signals are blocked in the thread that makes it and in those made after, and a thread of
/// its own waits for them. On a signal that thread requests the stop, which runs the token's std::stop_callbacks
/// (Trainer saves the last weights in one), and gives the program the rest of `patience` to leave main. One step of a
/// large network can take longer than anybody waits, so after that the process ends, with exit code 128 + signal. A
/// second signal ends it at once.
class InterruptSignal {
 public:
  explicit InterruptSignal(std::chrono::milliseconds patience = std::chrono::milliseconds(900)) : patience_(patience) {
    const sigset_t waking = set_of({wake});
    pthread_sigmask(SIG_BLOCK, &stopping_, &previous_);
    pthread_sigmask(SIG_BLOCK, &waking, nullptr);  // for the thread alone, which inherits it
    waiter_ = std::thread([this] { wait(); });
    if (!sigismember(&previous_, wake)) {
      pthread_sigmask(SIG_UNBLOCK, &waking, nullptr);
    }
  }

  InterruptSignal(const InterruptSignal&) = delete;
  InterruptSignal& operator=(const InterruptSignal&) = delete;

  ~InterruptSignal() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    pthread_kill(waiter_.native_handle(), wake);
    waiter_.join();
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

  /// Stopped once a signal has come.
  std::stop_token token() const noexcept { return stop_.get_token(); }

 private:
  static constexpr int wake = SIGUSR2;

  static sigset_t set_of(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) {
      sigaddset(&set, signal);
    }
    return set;
  }

  void wait() {
    const sigset_t awaited = set_of({SIGINT, SIGTERM, wake});
    int signal = 0;
    sigwait(&awaited, &signal);
    if (signal == wake) {
      return;
    }
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    pthread_sigmask(SIG_UNBLOCK, &stopping_, nullptr);  // here a second signal finds its default action
    stop_.request_stop();                               // returns when the stop callbacks have run
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [this] { return over_; })) {
      std::fflush(nullptr);
      std::_Exit(128 + signal);
    }
  }

  const sigset_t stopping_ = set_of({SIGINT, SIGTERM});
  std::chrono::milliseconds patience_;
  sigset_t previous_{};
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread waiter_;
};

}  // namespace hearth
