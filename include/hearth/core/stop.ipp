#pragma once

#include <hearth/core/stop.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace hearth {

struct core::StopState {
  std::atomic<bool> requested{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<StopCallback*> waiting;     // to be called
  const StopCallback* running = nullptr;  // being called, by:
  std::thread::id runner;
};

HEARTH_INLINE bool StopToken::stop_requested() const noexcept {
  return state_ != nullptr && state_->requested;
}

HEARTH_INLINE StopSource::StopSource() : state_(std::make_shared<core::StopState>()) {}

HEARTH_INLINE bool StopSource::request_stop() noexcept {
  const std::shared_ptr<core::StopState> state = state_;  // lives through what the callbacks do
  std::unique_lock lock(state->mutex);
  if (state->requested.exchange(true)) {
    return false;
  }
  state->runner = std::this_thread::get_id();
  while (!state->waiting.empty()) {
    StopCallback* const next = state->waiting.front();
    state->waiting.erase(state->waiting.begin());
    state->running = next;
    const std::function<void()> call = std::move(next->call_);  // which may end its own StopCallback
    lock.unlock();
    call();
    lock.lock();
    state->running = nullptr;
    state->changed.notify_all();
  }
  return true;
}

HEARTH_INLINE StopCallback::StopCallback(StopToken token, std::function<void()> call)
    : state_(std::move(token.state_)), call_(std::move(call)) {
  if (state_ == nullptr) {
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->requested) {
      state_->waiting.push_back(this);
      return;
    }
  }
  call_();
}

HEARTH_INLINE StopCallback::~StopCallback() {
  if (state_ == nullptr) {
    return;
  }
  std::unique_lock lock(state_->mutex);
  std::erase(state_->waiting, this);
  if (state_->runner != std::this_thread::get_id()) {
    state_->changed.wait(lock, [this] { return state_->running != this; });
  }
}

}  // namespace hearth
