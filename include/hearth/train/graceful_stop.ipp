#pragma once

#include <hearth/train/graceful_stop.hpp>

#include <cstdio>
#include <string>

#include <hearth/core/terminal.hpp>

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

HEARTH_INLINE bool GracefulStop::complete() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
  return !std::exchange(answered_, true);
}

HEARTH_INLINE void GracefulStop::wait_or_answer() {
  if (std::this_thread::get_id() == worker_) {
    return;
  }
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, grace_, [this] { return answered_; })) {
    try {
      answer();
    } catch (const std::exception& error) {
      core::show(stderr, std::string("the stop could not be answered in full: ") + error.what() + "\n");
    }
  }
}

HEARTH_INLINE void GracefulStop::answer() {
  if (!std::exchange(answered_, true)) {
    changed_.notify_all();
    save_();
  }
}

}  // namespace hearth::train
