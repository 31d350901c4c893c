/// Working memory that a thread keeps from one sample to the next.
#pragma once

#include <memory>
#include <utility>

namespace hearth::core {

/// Holds a T while in scope: the one that this thread used last, whatever is in it, or a new one when it has none to
/// spare. Two at a time in one thread (a transform that calls another) are therefore two different ones.
template <class T>
class ThreadSpare {
 public:
  ThreadSpare() : held_(std::move(spare())) {
    if (held_ == nullptr) {
      held_ = std::make_unique<T>();
    }
  }
  ~ThreadSpare() { spare() = std::move(held_); }
  ThreadSpare(const ThreadSpare&) = delete;
  ThreadSpare& operator=(const ThreadSpare&) = delete;

  T& operator*() const noexcept { return *held_; }
  T* operator->() const noexcept { return held_.get(); }

 private:
  static std::unique_ptr<T>& spare() {
    thread_local std::unique_ptr<T> spare;
    return spare;
  }

  std::unique_ptr<T> held_;
};

}  // namespace hearth::core
