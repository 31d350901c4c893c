/// Numbered items made by worker threads a bounded number ahead, and handed over in order.
#pragma once

#include <algorithm>
#include <atomic>
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
/// are begun in their order, and workers take the parts of the oldest first, so that an item is there as early as can
/// be and few need to be in the making. When `stop` becomes true nobody will look at the item: a long call may return
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

  /// Starts `workers` threads, which at once begin to fill `ring`: one place of it is the taker's, and the number of
  /// the others limits how far the workers are ahead. Without workers each item is made when it is asked for. Throws
  /// Error when the ring is empty or the system gives no more threads.
  Prefetch(std::size_t count, std::size_t workers, std::vector<Item> ring, ItemMaker<Item> maker, Begin begin = {})
      : ring_(std::move(ring)),
        states_(ring_.size()),
        maker_(std::move(maker)),
        begin_(std::move(begin)),
        count_(count),
        limit_(count),
        allowed_(workers),
        room_(ring_.size()) {
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
    return making_ == 0 && begun_ - released_ >= std::min(room_, count_ - released_);
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
    std::atomic<std::size_t> next = 0;  // the first part that nobody has begun
    std::size_t end = 0;                // of the parts
    std::size_t left = 0;               // parts that are not made
    std::atomic<std::size_t> bad = 0;   // the first part that failed: those after it are left out
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
    State& state = states_[taken_ % states_.size()];
    if (taken_ > 0) {
      {
        const std::lock_guard lock(mutex_);
        free_.push_back(states_[(taken_ - 1) % states_.size()].place);  // the taker is done with the item before
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

  /// The oldest item with parts that nobody has begun; the mutex is held.
  std::size_t oldest_with_parts() const noexcept {
    std::size_t index = released_;
    while (index < begun_ && states_[index % states_.size()].next >= states_[index % states_.size()].end) {
      ++index;
    }
    return index;
  }

  bool may_begin() const noexcept { return begun_ < limit_ && begun_ - released_ < room_; }

  void work(std::size_t number) {
    std::unique_lock lock(mutex_);
    for (;;) {
      may_work_.wait(lock, [&] { return stop_ || number < allowed_; });
      can_make_.wait(lock, [&] { return stop_ || number >= allowed_ || may_begin() || oldest_with_parts() < begun_; });
      if (stop_) {
        return;
      }
      if (number >= allowed_) {
        can_make_.notify_one();  // the call may have been meant for one that works
        continue;
      }
      const std::size_t index = oldest_with_parts();
      if (index == begun_) {
        if (!may_begin()) {
          continue;  // others took the parts meanwhile
        }
        begin_item(lock);
      }
      // The first part is taken under the lock: an item of which a part is not made stays what it is.
      State& state = states_[index % states_.size()];
      if (const std::size_t part = state.next++; part < state.end) {
        make_parts(index, part, lock);
      }
    }
  }

  /// Begins the next item, and ends it when it has no parts. The lock is held before and after.
  void begin_item(std::unique_lock<std::mutex>& lock) {
    const std::size_t index = begun_++;
    State& state = states_[index % states_.size()];
    state.place = free_.back();
    free_.pop_back();
    state.next = state.end = 0;
    ++making_;
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
    state.next = parts.first;
    state.end = state.bad = parts.end;
    state.left = parts.end - parts.first;
    if (state.left > 1) {
      can_make_.notify_all();
    }
  }

  /// Makes parts of the item, from `part` on, until none is left, and ends it when they were the last. The lock is held
  /// before and after.
  void make_parts(std::size_t index, std::size_t part, std::unique_lock<std::mutex>& lock) {
    State& state = states_[index % states_.size()];
    Item& item = ring_[state.place];
    const std::size_t end = state.end;
    lock.unlock();
    std::size_t made = 0;
    for (; part < end; part = state.next++) {
      ++made;
      if (part > state.bad || stop_) {
        continue;
      }
      try {
        maker_.make(index, part, item, stop_);
      } catch (...) {
        const std::lock_guard guard(mutex_);
        if (part < state.bad) {
          state.bad = part;
          state.error = std::current_exception();
        }
      }
    }
    lock.lock();
    state.left -= made;
    if (state.left > 0) {
      return;
    }
    std::exception_ptr error = std::exchange(state.error, nullptr);
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
    State& state = states_[index % states_.size()];
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
  std::size_t taken_ = 0;     // the taker's own
  ShortWait short_wait_;      // the taker's own
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hearth::data
