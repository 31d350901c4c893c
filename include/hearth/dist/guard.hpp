/// What all operations of one connection share: whether it still works, and how each of them ends when it does not.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::dist::detail {

class GuardedWork;

/// A connection works until it breaks, for one reason. Then everything that is on its way in it ends with an Error that
/// has the reason, and everything that begins later does so at once. Safe to use from any thread.
///
/// Gloo itself could not do that: what waits for a process that has hung, or that waits for another in its turn, waits
/// for the time-out.
class Guard {
 public:
  using Clock = std::chrono::steady_clock;

  /// What one process says of itself: how many operations it has begun, and since when it does what it does.
  struct Progress {
    std::int64_t operations = 0;
    bool waits = false;  ///< in an operation
    Clock::time_point since = {};
    std::string activity;
  };

  /// Throws Error when the connection is broken.
  HEARTH_INLINE void check() const;

  HEARTH_INLINE bool is_broken() const;
  HEARTH_INLINE std::optional<std::string> reason() const;

  /// Ends everything with this reason, and calls `on_break`. The first reason counts; it is returned.
  HEARTH_INLINE std::string break_with(const std::string& reason) noexcept;

  /// What else is to be done when the connection breaks, from whichever thread notices; at once where it is broken.
  HEARTH_INLINE void on_break(std::function<void()> cut);

  /// An operation has failed, or has taken too long: somebody must find out why, and break the connection with that.
  /// The first words count.
  HEARTH_INLINE void suspect(const std::string& words);
  HEARTH_INLINE std::optional<std::string> suspicion() const;

  /// Suspects, waits until the reason is known, and throws Error with it.
  [[noreturn]] HEARTH_INLINE void explain(const std::string& words);

  HEARTH_INLINE void set_activity(const std::string& activity);
  HEARTH_INLINE Progress progress() const;

  /// How long the oldest operation has been on its way, in seconds; none: nothing is.
  HEARTH_INLINE std::optional<double> waiting() const;

  /// Whether an operation's time is up.
  HEARTH_INLINE bool is_overdue() const;

  /// Gives what is on its way so much more time.
  HEARTH_INLINE void postpone(Clock::duration time);

  HEARTH_INLINE void begin(const c10::intrusive_ptr<GuardedWork>& work);
  HEARTH_INLINE void end(const c10::intrusive_ptr<GuardedWork>& work);

 private:
  mutable std::mutex mutex_;
  std::condition_variable broken_;
  std::optional<std::string> reason_;
  std::optional<std::string> suspicion_;
  std::function<void()> cut_;
  std::vector<c10::intrusive_ptr<GuardedWork>> pending_;
  Progress progress_{.since = Clock::now(), .activity = {}};
};

/// An operation of Gloo's that ends when Gloo ends it or when the connection breaks, whichever is earlier.
class GuardedWork final : public c10d::Work {
 public:
  HEARTH_INLINE GuardedWork(c10::intrusive_ptr<c10d::Work> inner, std::chrono::milliseconds timeout);

  std::vector<at::Tensor> result() override { return inner_->result(); }
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }
  void synchronize() override { inner_->synchronize(); }

  Guard::Clock::time_point begun() const noexcept { return begun_; }

  Guard::Clock::time_point deadline = {};  ///< of the guard's, as long as it has the operation

  /// The operation of Gloo itself.
  const c10::intrusive_ptr<c10d::Work>& inner() const noexcept { return inner_; }

  /// Ends it; only the first call does.
  HEARTH_INLINE void succeed();
  HEARTH_INLINE void give_up(const std::exception_ptr& error);

 private:
  c10::intrusive_ptr<c10d::Work> inner_;
  c10::intrusive_ptr<c10::ivalue::Future> future_;
  Guard::Clock::time_point begun_ = Guard::Clock::now();
  std::mutex ending_;
  bool ended_ = false;
};

/// Gloo, whose connections can be cut: others who wait for this process end then.
class CuttableGloo final : public c10d::ProcessGroupGloo {
 public:
  using ProcessGroupGloo::ProcessGroupGloo;

  void cut() {
    for (const auto& context : contexts_) {
      context->closeConnections();
    }
  }
};

/// Gloo, with every operation guarded. Where Gloo's own time-out would end one earlier, it is the longer of the two.
class GuardedGloo final : public c10d::Backend {
 public:
  HEARTH_INLINE GuardedGloo(c10::intrusive_ptr<CuttableGloo> gloo, std::shared_ptr<Guard> guard,
                            std::chrono::milliseconds timeout);

  /// Gloo itself is destroyed where it can take its time: its destructor waits for what is still on its way.
  HEARTH_INLINE ~GuardedGloo() override;

  const std::string getBackendName() const override { return "gloo"; }
  const c10::intrusive_ptr<CuttableGloo>& inner() const noexcept { return gloo_; }

  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor>& tensors,
                                                         const c10d::BroadcastOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                                         const c10d::AllreduceOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> allreduce_coalesced(
      std::vector<at::Tensor>& tensors, const c10d::AllreduceCoalescedOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> reduce(std::vector<at::Tensor>& tensors,
                                                      const c10d::ReduceOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> allgather(std::vector<std::vector<at::Tensor>>& outputs,
                                                         std::vector<at::Tensor>& inputs,
                                                         const c10d::AllgatherOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> _allgather_base(at::Tensor& output, at::Tensor& input,
                                                               const c10d::AllgatherOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> _reduce_scatter_base(
      at::Tensor& output, at::Tensor& input, const c10d::ReduceScatterOptions& options = {}) override;
  HEARTH_INLINE c10::intrusive_ptr<c10d::Work> barrier(const c10d::BarrierOptions& options = {}) override;

 private:
  template <class Chosen, class Begin>
  c10::intrusive_ptr<c10d::Work> guarded(const Chosen& options, const Begin& begin_in);

  c10::intrusive_ptr<CuttableGloo> gloo_;
  std::shared_ptr<Guard> guard_;
  std::chrono::milliseconds timeout_;
};

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/guard.ipp>
#endif
