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

/// Makes items 0 … count-1 in places of a ring and hands them over in order. When the taker goes on to the next item,
/// the place of the one before is used again with what it held: `make` may reuse the memory. The place that became free
/// last is used first, so that no more memory is touched than is needed. One thread takes the items.
template <class Item>
class Prefetch {
 public:
  /// Fills `item` as item `index`. Several workers call it at the same time, each for another item. When `stop`
  /// becomes true nobody will look at the item, so a long call may return early.
  using Make = std::function<void(std::size_t index, Item& item, const std::atomic<bool>& stop)>;

  /// What each worker does first, on its thread; they are numbered from 0. What it throws is not seen.
  using Begin = std::function<void(std::size_t worker)>;

  /// Starts `workers` threads, which at once begin to fill `ring`: one place of it is the taker's, and the number of
  /// the others limits how far the workers are ahead. Without workers each item is made when it is asked for. Throws
  /// Error when the ring is empty or the system gives no more threads.
  Prefetch(std::size_t count, std::size_t workers, std::vector<Item> ring, Make make, Begin begin = {})
      : count_(count),
        ring_(std::move(ring)),
        states_(ring_.size()),
        make_(std::move(make)),
        begin_(std::move(begin)),
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

  /// The next item, valid until the next call; nullptr after the last. Waits for the worker that makes it. What `make`
  /// threw for it is thrown here: then the workers are stopped, and there are no more items.
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
      if (stop_ || begun_ == count_) {
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

  /// Ends the workers, each after the `make` that it is in.
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
    ++taken_;
    try {
      make_(taken_ - 1, ring_.front(), stop_);
    } catch (...) {
      stop();
      throw;
    }
    return &ring_.front();
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

  bool is_over() const noexcept { return stop_ || begun_ == count_; }

  void work(std::size_t number) {
    std::unique_lock lock(mutex_);
    for (;;) {
      may_work_.wait(lock, [&] { return is_over() || number < allowed_; });
      can_make_.wait(lock, [&] { return is_over() || number >= allowed_ || begun_ - released_ < room_; });
      if (is_over()) {
        return;
      }
      if (number >= allowed_) {
        can_make_.notify_one();  // the call may have been meant for one that works
        continue;
      }
      const std::size_t index = begun_++;
      State& state = states_[index % states_.size()];
      state.place = free_.back();
      free_.pop_back();
      ++making_;
      lock.unlock();
      std::exception_ptr error;
      try {
        make_(index, ring_[state.place], stop_);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      --making_;
      if (error) {
        begun_ = count_;  // nothing after it will be taken
        state.error = std::exchange(error, nullptr);
        can_make_.notify_all();
        may_work_.notify_all();
      }
      state.ready.store(true, std::memory_order_release);
      can_take_.notify_one();
    }
  }

  const std::size_t count_;
  std::vector<Item> ring_;
  std::vector<State> states_;
  std::vector<std::size_t> free_;  // the places that hold nothing that is needed
  Make make_;
  Begin begin_;
  std::mutex mutex_;
  std::condition_variable can_make_;
  std::condition_variable may_work_;
  std::condition_variable can_take_;
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
