/// Numbered items made by worker threads a bounded number ahead, and handed over in order.
#pragma once

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

namespace hearth::data {

/// Makes items 0 … count-1 in a ring of places and hands them over in order. When the
/// taker goes on to the next item, the place of the one before is used again with what it held: `make` may reuse the
/// memory. One thread takes the items.
template <class Item>
class Prefetch {
 public:
  /// Fills `item` as item `index`. Several workers call it at the same time, each for another item. When `stop`
  /// becomes true nobody will look at the item, so a long call may return early.
  using Make = std::function<void(std::size_t index, Item& item, const std::atomic<bool>& stop)>;

  /// Starts `workers` threads, which at once begin to fill `ring`: one place of it is the taker's, and the number of
  /// the others limits how far the workers are ahead. Without workers each item is made when it is asked for. Throws
  /// Error when the ring is empty or the system gives no more threads.
  Prefetch(std::size_t count, std::size_t workers, std::vector<Item> ring, Make make)
      : count_(count), ring_(std::move(ring)), states_(ring_.size()), make_(std::move(make)) {
    core::require(!ring_.empty(), "Prefetch: the ring must have at least one place");
    try {
      for (std::size_t i = 0; i < workers; ++i) {
        threads_.emplace_back([this] { work(); });
      }
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
    const std::size_t place = taken_ % ring_.size();
    if (threads_.empty()) {
      ++taken_;
      try {
        make_(taken_ - 1, ring_[place], stop_);
      } catch (...) {
        stop();
        throw;
      }
      return &ring_[place];
    }
    std::exception_ptr error;
    {
      std::unique_lock lock(mutex_);
      free_ = taken_ + ring_.size();  // the taker is done with the item before
      can_make_.notify_one();
      can_take_.wait(lock, [&] { return states_[place].ready; });
      states_[place].ready = false;
      error = std::exchange(states_[place].error, nullptr);
      ++taken_;
    }
    if (error) {
      stop();
      std::rethrow_exception(error);
    }
    return &ring_[place];
  }

  /// Ends the workers, each after the `make` that it is in.
  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    can_make_.notify_all();
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
  struct State {
    bool ready = false;
    std::exception_ptr error;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      can_make_.wait(lock, [this] { return stop_ || begun_ == count_ || begun_ < free_; });
      if (stop_ || begun_ == count_) {
        return;
      }
      const std::size_t index = begun_++;
      const std::size_t place = index % ring_.size();
      lock.unlock();
      std::exception_ptr error;
      try {
        make_(index, ring_[place], stop_);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error) {
        begun_ = count_;  // nothing after it will be taken
        states_[place].error = std::exchange(error, nullptr);
      }
      states_[place].ready = true;
      can_take_.notify_one();
    }
  }

  const std::size_t count_;
  std::vector<Item> ring_;
  std::vector<State> states_;  // of the ring's places
  Make make_;
  std::mutex mutex_;
  std::condition_variable can_make_;
  std::condition_variable can_take_;
  std::size_t begun_ = 0;            // items that a worker has begun
  std::size_t free_ = ring_.size();  // items before this one have a place
  std::size_t taken_ = 0;            // the taker's own
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hearth::data
