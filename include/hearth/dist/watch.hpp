/// Who among the processes has failed, has gone or does not go on: found through the store, told to all.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <hearth/core/inline.hpp>
#include <hearth/dist/guard.hpp>

namespace hearth::dist::detail {

struct WatchOptions {
  int rank = 0;
  int size = 1;
  std::chrono::milliseconds interval{1000};  ///< of the beats
  std::string keeper;                        ///< who keeps the store: "rank 0, which keeps the store,"
  bool serves = false;                       ///< the store lives in this process
};

/// Every process writes a beat into the store at each interval, with what it is doing. One that fails or is at fault is
/// named there once, and all read it. Who is at fault when an operation fails or takes too long:
///
/// - a process that has left a reason;
/// - else one whose beats have stopped: for 3 intervals when an operation has failed, for 30 when none has;
/// - else one that has ended, or that has begun fewer operations than the others.
///
/// A file in which processes meet grows with every beat: they are 10 s apart there unless the time-out is short, and
/// who has gone is known after 30 s instead of 3.
///
/// What is counted are the beats of the observer, not seconds: those who are stopped together (Ctrl-Z) and go on
/// together do not take each other for gone.
///
/// One thread talks to the store and may wait for it; another looks after time-outs and whether the store answers.
class Watch {
 public:
  /// `store`: a connection that nobody else uses.
  HEARTH_INLINE Watch(std::shared_ptr<Guard> guard, c10::intrusive_ptr<c10d::Store> store, const WatchOptions& options);
  HEARTH_INLINE ~Watch();

  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Tells the others that this process ends, and why; the connection is broken then.
  HEARTH_INLINE void fail(const std::string& reason) noexcept;

  /// Tells the others that this process has ended as it should.
  HEARTH_INLINE void leave() noexcept;

 private:
  struct State;

  HEARTH_INLINE static void talk(const std::shared_ptr<State>& state);
  HEARTH_INLINE static void look_after(const std::shared_ptr<State>& state);
  HEARTH_INLINE void end(bool orderly, const std::string& reason) noexcept;

  std::shared_ptr<State> state_;
  std::thread talker_;
  std::thread clock_;
};

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/watch.ipp>
#endif
