/// Numbered items made by worker threads a bounded number ahead, and handed over in order.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/data/short_wait.hpp>

namespace hearth::data {

/// The parts of an item that are left to be made: those from `first` on that are smaller than `end`.
struct Parts {
  std::size_t first = 0;
  std::size_t end = 0;
};

/// How an item is made: begun by one worker, then in parts by any of them at the same time, then ended by one. Items
/// are begun in their order, and workers take parts of the oldest first, so that an item is there as early as can be
/// and few need to be in the making. When `stop` becomes true nobody will look at the item: a long call may return
/// early.
template <class Item>
struct ItemMaker {
  /// Gives the parts that are left.
  std::function<Parts(std::size_t index, Item& item, const std::atomic<bool>& stop)> begin;
  /// Makes one of them.
  std::function<void(std::size_t index, std::size_t part, Item& item, const std::atomic<bool>& stop)> make;
  /// After the last of them.
  std::function<void(std::size_t index, Item& item, const std::atomic<bool>& stop)> end;
};

/// Makes items 0 … count-1 in places of a ring and hands them over in order. When the taker goes on to the next item,
/// the place of the one before is used again with what it held: the maker may reuse the memory. The place that became
/// free last is used first, so that no more memory is touched than is needed. One thread takes the items.
template <class Item>
class Prefetch {
 public:
  /// What each worker does first, on its thread; they are numbered from 0. What it throws is not seen.
  using Begin = std::function<void(std::size_t worker)>;

  /// Starts `workers` threads, which at once begin to fill the first `room` places of `ring`, at least one: one is the
  /// taker's, and the number of the others limits how far the workers are ahead. Without workers each item is made when
  /// it is asked for. Throws Error when the ring is empty or the system gives no more threads.
  Prefetch(std::size_t count, std::size_t workers, std::vector<Item> ring, std::size_t room, ItemMaker<Item> maker,
           Begin begin = {})
      : ring_(std::move(ring)),
        states_(ring_.size()),
        maker_(std::move(maker)),
        begin_(std::move(begin)),
        count_(count),
        limit_(count),
        allowed_(workers),
        room_(std::clamp(room, std::size_t{1}, std::max(ring_.size(), std::size_t{1}))) {
    core::require(!ring_.empty(), "Prefetch: the ring must have at least one place");
    for (std::size_t place = ring_.size(); place > 0; --place) {
      free_.push_back(place - 1);
    }
    try {
      start_threads(workers);
    } catch (const std::system_error& error) {
      const std::size_t started = threads_.size();
      stop();
      core::fail("Prefetch: only {} of {} worker threads could be started: {}", started, workers, error.what());
    }
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  ~Prefetch() { stop(); }

  /// The next item, valid until the next call; nullptr after the last. Waits for the workers that make it. What the
  /// maker threw for it, for the first of its parts where several failed, is thrown here: then the workers are stopped,
  /// and there are no more items.
  Item* next() {
    if (taken_ == count_ || stop_) {
      stop();
      return nullptr;
    }
    return threads_.empty() ? make_next() : take_next();
  }

  /// From now on `workers` make items, at least one, in `room` places at most, the taker's among them: how many threads
  /// and how much memory are used follows what is needed. Threads that are too many finish what they are making, and
  /// rest. Where the system gives no more threads there are fewer. For a Prefetch that was made with workers.
  void set_workers(std::size_t workers, std::size_t room) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) {
        return;
      }
      allowed_ = std::max(workers, std::size_t{1});
      room_ = std::clamp(room, std::size_t{1}, ring_.size());
    }
    try {
      start_threads(allowed_);
    } catch (const std::system_error&) {  // those that there are do it
    }
    can_make_.notify_all();
    may_work_.notify_all();
  }

  /// Have the workers nothing to do, because every place is full?
  bool is_full() {
    const std::lock_guard lock(mutex_);
    return making_ == 0 && begun_ - released_ >= std::min(room_, limit_ - released_);
  }

  /// Ends the workers, each after the call that it is in.
  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    can_make_.notify_all();
    may_work_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

  /// Stops and gives the places back, with what they hold.
  std::vector<Item> take_ring() noexcept {
    stop();
    return std::move(ring_);
  }

 private:
  /// Of an item that is being made or was made; item i has number i modulo the ring's size, whatever its place is.
  struct State {
    std::size_t place = 0;
    Parts parts;           // that nobody has taken
    std::size_t left = 0;  // parts that are not made
    std::size_t bad = 0;   // the first part that failed, or their end: those after it are left out
    std::exception_ptr error;
    std::atomic<bool> ready = false;
  };

  void start_threads(std::size_t workers) {
    while (threads_.size() < workers) {
      threads_.emplace_back([this, number = threads_.size()] {
        try {
          if (begin_) {
            begin_(number);
          }
        } catch (...) {  // it can work without
        }
        work(number);
      });
    }
  }

  /// Without workers.
  Item* make_next() {
    const std::size_t index = taken_++;
    Item& item = ring_.front();
    try {
      const Parts parts = maker_.begin(index, item, stop_);
      for (std::size_t part = parts.first; part < parts.end; ++part) {
        maker_.make(index, part, item, stop_);
      }
      maker_.end(index, item, stop_);
    } catch (...) {
      stop();
      throw;
    }
    return &item;
  }

  Item* take_next() {
    State& state = state_of(taken_);
    if (taken_ > 0) {
      {
        const std::lock_guard lock(mutex_);
        free_.push_back(state_of(taken_ - 1).place);  // the taker is done with the item before
        ++released_;
      }
      can_make_.notify_one();
    }
    if (!short_wait_.until(state.ready)) {
      std::unique_lock lock(mutex_);
      can_take_.wait(lock, [&] { return state.ready.load(std::memory_order_relaxed); });
    }
    state.ready.store(false, std::memory_order_relaxed);
    ++taken_;
    if (state.error) {
      const std::exception_ptr error = std::exchange(state.error, nullptr);
      stop();
      std::rethrow_exception(error);
    }
    return &ring_[state.place];
  }

  State& state_of(std::size_t index) noexcept { return states_[index % states_.size()]; }

  bool may_begin() const noexcept { return begun_ < limit_ && begun_ - released_ < room_; }

  /// Each worker that finds something to do, and leaves something to do, wakes the next one.
  void work(std::size_t number) {
    std::unique_lock lock(mutex_);
    for (;;) {
      may_work_.wait(lock, [&] { return stop_ || number < allowed_; });
      can_make_.wait(lock, [&] { return stop_ || number >= allowed_ || open_ > 0 || may_begin(); });
      if (stop_) {
        return;
      }
      if (number >= allowed_) {
        can_make_.notify_one();  // the call may have been meant for one that works
      } else if (open_ > 0) {
        make_parts(lock);
      } else {
        begin_item(lock);
        if (number >= allowed_) {
          wake_next();  // for the item's parts
        }
      }
    }
  }

  void wake_next() {
    if (open_ > 0 || may_begin()) {
      can_make_.notify_one();
    }
  }

  /// Begins the next item, and ends it when it has no parts. The lock is held before and after.
  void begin_item(std::unique_lock<std::mutex>& lock) {
    const std::size_t index = begun_++;
    State& state = state_of(index);
    state.place = free_.back();
    free_.pop_back();
    ++making_;
    wake_next();
    lock.unlock();
    Item& item = ring_[state.place];
    Parts parts;
    std::exception_ptr error;
    try {
      parts = maker_.begin(index, item, stop_);
      if (parts.first >= parts.end) {
        maker_.end(index, item, stop_);
      }
    } catch (...) {
      error = std::current_exception();
      parts = {};
    }
    lock.lock();
    if (parts.first >= parts.end) {
      hand_over(index, std::move(error));
      return;
    }
    state.parts = parts;
    state.left = parts.end - parts.first;
    state.bad = parts.end;
    ++open_;
  }

  /// How many of the parts that nobody has taken one worker takes: fewer the fewer there are, so that all are done with
  /// the item at about the same time, but as many as take much longer than to wake somebody for the others.
  std::size_t at_once(std::size_t parts) const noexcept {
    constexpr double least_seconds = 50e-6;
    const std::size_t share = (parts + 2 * allowed_ - 1) / (2 * allowed_);
    const double enough = part_seconds_ > 0 ? std::ceil(least_seconds / part_seconds_) : 1;
    return enough < static_cast<double>(parts) ? std::max(share, static_cast<std::size_t>(enough)) : parts;
  }

  /// Makes some parts of the oldest item that has any, and ends it when they were the last. The lock is held before and
  /// after.
  void make_parts(std::unique_lock<std::mutex>& lock) {
    std::size_t index = released_;
    while (state_of(index).parts.first >= state_of(index).parts.end) {
      ++index;
    }
    State& state = state_of(index);
    const std::size_t begin = state.parts.first;
    const std::size_t end = begin + at_once(state.parts.end - begin);
    state.parts.first = end;
    if (end == state.parts.end) {
      --open_;
    }
    wake_next();
    Item& item = ring_[state.place];
    const std::size_t bad = state.bad;
    lock.unlock();
    std::size_t part = begin;
    std::exception_ptr error;
    const auto start = std::chrono::steady_clock::now();
    try {
      for (; part < std::min(end, bad) && !stop_; ++part) {
        maker_.make(index, part, item, stop_);
      }
    } catch (...) {
      error = std::current_exception();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    lock.lock();
    part_seconds_ += (seconds.count() / static_cast<double>(end - begin) - part_seconds_) / 4;
    if (error != nullptr && part < state.bad) {
      state.bad = part;
      state.error = std::move(error);
    }
    state.left -= end - begin;
    if (state.left > 0) {
      return;
    }
    error = std::exchange(state.error, nullptr);
    if (error == nullptr) {
      lock.unlock();
      try {
        maker_.end(index, item, stop_);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
    }
    hand_over(index, std::move(error));
  }

  /// The item is made; the mutex is held.
  void hand_over(std::size_t index, std::exception_ptr error) {
    State& state = state_of(index);
    --making_;
    if (error != nullptr) {
      limit_ = std::min(limit_, index + 1);  // nothing after it will be taken
      state.error = std::move(error);
    }
    state.ready.store(true, std::memory_order_release);
    can_take_.notify_one();
  }

  std::vector<Item> ring_;
  std::vector<State> states_;
  std::vector<std::size_t> free_;  // the places that hold nothing that is needed
  ItemMaker<Item> maker_;
  Begin begin_;
  std::mutex mutex_;
  std::condition_variable can_make_;
  std::condition_variable may_work_;
  std::condition_variable can_take_;
  const std::size_t count_;
  std::size_t limit_;         // the items that will be taken, as far as is known
  std::size_t allowed_;       // the workers with smaller numbers make items
  std::size_t room_;          // items that are begun and not released, at most
  std::size_t begun_ = 0;     // items that a worker has begun
  std::size_t released_ = 0;  // items that the taker is done with
  std::size_t making_ = 0;    // items that are being made at this moment
  std::size_t open_ = 0;      // of them, those with parts that nobody has taken
  double part_seconds_ = 0;   // what a part took of late
  std::size_t taken_ = 0;     // the taker's own
  ShortWait short_wait_;      // the taker's own
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hearth::data
