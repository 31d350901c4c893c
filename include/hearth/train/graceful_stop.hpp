/// A stop request that comes in the middle of a long step: somebody saves, exactly once, never during a change.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/core/stop.hpp>

namespace hearth::train {

/// Between a working thread, which changes something in short exclusive sections with long pauses of computation
/// between them, and a stop request. Whichever comes first answers the request by calling `save`: the working thread
/// when it reaches `leave()`, or, when it has not done so `grace` after the request, the requesting thread, between two
/// sections. After the answer no section runs any more. A request of the working thread's own is left to `leave()`.
class GracefulStop {
 public:
  /// The working thread is the one that makes the object.
  GracefulStop(StopToken token, std::function<void()> save,
               std::chrono::milliseconds grace = std::chrono::milliseconds(300));

  bool requested() const noexcept { return token_.stop_requested(); }

  /// Runs the section alone and returns true; skips it and returns false once the request has been answered.
  template <class Section>
  bool exclusively(Section&& section) {
    const std::lock_guard lock(mutex_);
    if (!answered_) {
      std::forward<Section>(section)();
    }
    return !answered_;
  }

  /// The working thread has noticed the request: answers it unless that has been done. Throws what `save` threw here;
  /// what it throws in the requesting thread goes to stderr.
  void leave();

  /// The work is done: nobody answers a request any more. False when one has been answered before.
  bool complete();

 private:
  void wait_or_answer();
  void answer();

  StopToken token_;
  std::function<void()> save_;
  std::chrono::milliseconds grace_;
  std::thread::id worker_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool answered_ = false;
  StopCallback on_request_;  // last: its callback uses all of the above
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/graceful_stop.ipp>
#endif
