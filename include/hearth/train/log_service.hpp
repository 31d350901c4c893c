/// The thread that passes on what a run logs to a service, and the queue that it takes that from.
#pragma once

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <hearth/core/terminal.hpp>
#include <hearth/train/how_far.hpp>
#include <hearth/train/log_queue.hpp>

namespace hearth::train {

/// An option of a service; where it is empty, the variable of the environment, or else `otherwise`.
inline std::string option_or_variable(const std::string& given, const char* variable, const char* otherwise = "") {
  if (!given.empty()) {
    return given;
  }
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

/// How long a run waits for a service at its end: as long as it may where it is complete, and 5 seconds at most where
/// it is interrupted or has failed.
inline std::chrono::milliseconds patience_at_end(RunState state, std::chrono::milliseconds wait) {
  return state == RunState::complete ? wait : std::min<std::chrono::milliseconds>(wait, std::chrono::seconds(5));
}

/// Between a run, which adds entries and never waits, and a thread that works on them and may wait as long as it likes.
/// What goes wrong is told on stderr in lines that begin with the service's name.
template <class Entry>
class LogService {
 public:
  LogService(std::string name, std::size_t most, std::size_t most_bytes)
      : name_(std::move(name)), queue_(most, most_bytes) {}
  LogService(const LogService&) = delete;
  LogService& operator=(const LogService&) = delete;
  ~LogService() { finish(std::chrono::milliseconds(0)); }

  /// Before the entries of a run: after `finish`, all is as in the beginning.
  void reopen() {
    finish(std::chrono::milliseconds(0));
    queue_.open();
    has_lost_ = is_left_ = false;
    is_done_ = is_released_ = false;
  }

  /// Starts the thread, which no signal is sent to: `work` takes from `queue()` until it is done or `is_left()`.
  void start(std::function<void()> work) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread_ = std::thread([this, work = std::move(work)] {
        try {
          work();
        } catch (const std::exception& error) {
          tell(error.what());
        }
        queue_.close();
        const std::lock_guard lock(mutex_);
        is_done_ = true;
        changed_.notify_all();
      });
    } catch (const std::system_error& error) {
      tell(error.what());
      queue_.close();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  /// Adds an entry for the thread.
  void push(Entry entry, std::size_t bytes, bool may_be_lost = true) {
    if (!queue_.push(std::move(entry), bytes, may_be_lost) && !has_lost_.exchange(true)) {
      tell("it takes less than the run has to log; what has waited longest is lost");
    }
  }

  LogQueue<Entry>& queue() noexcept { return queue_; }

  /// For the thread: what is left of the work can go on without the run, which need not wait for it.
  void release() {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    changed_.notify_all();
  }

  /// For the thread: whether the run has left, and nobody waits for it any more.
  bool is_left() const noexcept { return is_left_; }

  /// Waits until the work is done, or released where that is enough, but not longer than that; then the thread is told
  /// to leave, and has left when this returns. Whether it was done, or released.
  bool finish(std::chrono::milliseconds patience, bool released_is_enough = false) {
    if (!thread_.joinable()) {
      return true;
    }
    bool is_done = false;
    {
      std::unique_lock lock(mutex_);
      is_done = changed_.wait_for(lock, patience, [&] { return is_done_ || (released_is_enough && is_released_); });
    }
    is_left_ = true;
    queue_.wake();
    thread_.join();
    return is_done;
  }

  /// A line on stderr.
  void tell(std::string_view text) const { core::show(stderr, name_ + ": " + std::string(text) + "\n"); }

 private:
  const std::string name_;
  LogQueue<Entry> queue_;
  std::atomic<bool> has_lost_{false};
  std::atomic<bool> is_left_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_done_ = false;
  bool is_released_ = false;
  std::thread thread_;
};

}  // namespace hearth::train
