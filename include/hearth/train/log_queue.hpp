/// What waits between a run, which never waits itself, and the thread that passes it on to a service.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

namespace hearth::train {

/// A queue with an end: when it is full, the oldest entry that may be lost makes room for the next. Any thread adds,
/// and one takes.
template <class Entry>
class LogQueue {
  using Clock = std::chrono::steady_clock;

 public:
  /// `most` entries, which weigh no more than `most_bytes` together.
  LogQueue(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  /// Adds an entry, at once. An entry that must not be lost is added in any case. False when something was lost.
  bool push(Entry entry, std::size_t bytes, bool may_be_lost) {
    bool is_whole = true;
    {
      const std::lock_guard lock(mutex_);
      if (is_closed_) {
        return true;
      }
      bytes_ += bytes;
      waiting_.push_back({std::move(entry), bytes, may_be_lost});
      for (auto next = waiting_.begin(); (waiting_.size() > most_ || bytes_ > most_bytes_) && next != waiting_.end();) {
        if (next->may_be_lost) {
          bytes_ -= next->bytes;
          next = waiting_.erase(next);
          ++lost_;
          is_whole = false;
        } else {
          ++next;
        }
      }
    }
    changed_.notify_one();
    return is_whole;
  }

  /// The oldest entry; waits for one at most until then. None when there is none.
  std::optional<Entry> take(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return !waiting_.empty() || is_closed_ || is_woken_; });
    if (waiting_.empty()) {
      return std::nullopt;
    }
    std::optional<Entry> entry(std::move(waiting_.front().entry));
    bytes_ -= waiting_.front().bytes;
    waiting_.pop_front();
    return entry;
  }

  /// From now on `take` waits no more.
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      is_woken_ = true;
    }
    changed_.notify_all();
  }

  /// Begins anew, with nothing in it and nothing lost.
  void open() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    bytes_ = lost_ = 0;
    is_closed_ = is_woken_ = false;
  }

  /// From now on nothing is added, and what waits is forgotten; it counts as lost.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      lost_ += waiting_.size();
      waiting_.clear();
      bytes_ = 0;
    }
    changed_.notify_one();
  }

  /// How many entries were lost so far.
  std::size_t lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }

 private:
  struct Waiting {
    Entry entry;
    std::size_t bytes;
    bool may_be_lost;
  };

  const std::size_t most_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::size_t bytes_ = 0;
  std::size_t lost_ = 0;
  bool is_closed_ = false;
  bool is_woken_ = false;
};

}  // namespace hearth::train
