/// A request to stop, from whoever makes it to whoever looks for it. As std::stop_token, which not every standard
/// library has that hearth is built with.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <hearth/core/inline.hpp>

namespace hearth {

namespace core {
struct StopState;
}

/// Where somebody sees whether a stop was requested. A copy sees the same; one that is made without a StopSource never
/// sees any.
class StopToken {
 public:
  StopToken() = default;
  bool stop_requested() const noexcept;

 private:
  friend class StopSource;
  friend class StopCallback;
  explicit StopToken(std::shared_ptr<core::StopState> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<core::StopState> state_;
};

/// Where a stop is requested. A copy is the same source.
class StopSource {
 public:
  StopSource();
  StopToken token() const noexcept { return StopToken(state_); }
  bool stop_requested() const noexcept { return token().stop_requested(); }

  /// Requests the stop and runs the callbacks that there are, in this thread, one after the other. Returns false, at
  /// once, when a stop was requested before. What a callback throws ends the program.
  bool request_stop() noexcept;

 private:
  std::shared_ptr<core::StopState> state_;
};

/// While it lives, its function is called when a stop is requested: in the thread of the request, or here and now when
/// the stop was requested before. Its end waits for a call that goes on in another thread.
class StopCallback {
 public:
  StopCallback(StopToken token, std::function<void()> call);
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;
  ~StopCallback();

 private:
  friend class StopSource;

  std::shared_ptr<core::StopState> state_;
  std::function<void()> call_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/stop.ipp>
#endif
