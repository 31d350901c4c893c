#pragma once

#include <hearth/core/save_request.hpp>

#include <atomic>

#include <hearth/core/error.hpp>

namespace hearth {

namespace core {

struct SaveRequestState {
  std::atomic<bool> is_asked{false};
};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<SaveRequestState*>::is_always_lock_free);

namespace detail {

/// What the handler of a SaveSignal writes to.
inline std::atomic<SaveRequestState*> save_signal_target{nullptr};

inline void handle_save_signal(int) {
  if (SaveRequestState* const target = save_signal_target; target != nullptr) {
    target->is_asked = true;
  }
}

}  // namespace detail

}  // namespace core

HEARTH_INLINE SaveRequest SaveRequest::make() {
  SaveRequest request;
  request.state_ = std::make_shared<core::SaveRequestState>();
  return request;
}

HEARTH_INLINE void SaveRequest::ask() const noexcept {
  if (state_ != nullptr) {
    state_->is_asked = true;
  }
}

HEARTH_INLINE bool SaveRequest::take() const noexcept {
  return state_ != nullptr && state_->is_asked.exchange(false);
}

HEARTH_INLINE SaveSignal::SaveSignal(int signal) : signal_(signal), request_(SaveRequest::make()) {
  core::SaveRequestState* none = nullptr;
  core::require(core::detail::save_signal_target.compare_exchange_strong(none, request_.state_.get()),
                "SaveSignal: there is one already, and a process has one at most");
  struct sigaction ours {};
  ours.sa_handler = core::detail::handle_save_signal;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  ::sigaction(signal, &ours, &before_);
}

HEARTH_INLINE SaveSignal::~SaveSignal() {
  ::sigaction(signal_, &before_, nullptr);
  core::detail::save_signal_target = nullptr;
}

}  // namespace hearth
