#pragma once

#include <hearth/train/graceful_stop.hpp>

namespace hearth::train {

HEARTH_INLINE GracefulStop::GracefulStop(StopToken token, std::function<void()> save, std::chrono::milliseconds grace)
    : token_(std::move(token)),
      save_(std::move(save)),
      grace_(grace),
      on_request_(token_, [this] { wait_or_answer(); }) {}

HEARTH_INLINE void GracefulStop::leave() {
  const std::lock_guard lock(mutex_);
  answer();
}

HEARTH_INLINE void GracefulStop::wait_or_answer() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, grace_, [this] { return answered_; })) {
    answer();
  }
}

HEARTH_INLINE void GracefulStop::answer() {
  if (!std::exchange(answered_, true)) {
    save_();
  }
  changed_.notify_all();
}

}  // namespace hearth::train
