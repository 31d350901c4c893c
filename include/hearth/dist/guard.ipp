#pragma once

#include <hearth/dist/guard.hpp>

#include <algorithm>
#include <thread>
#include <utility>

#include <hearth/core/error.hpp>

namespace hearth::dist::detail {

// --- Guard
// ------------------------------------------------------------------------------------------------------------

HEARTH_INLINE void Guard::check() const {
  const std::lock_guard lock(mutex_);
  if (reason_) {
    throw Error(*reason_);
  }
}

HEARTH_INLINE bool Guard::is_broken() const {
  const std::lock_guard lock(mutex_);
  return reason_.has_value();
}

HEARTH_INLINE std::optional<std::string> Guard::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

HEARTH_INLINE std::string Guard::break_with(const std::string& reason) noexcept {
  std::vector<c10::intrusive_ptr<GuardedWork>> pending;
  std::function<void()> cut;
  {
    const std::lock_guard lock(mutex_);
    if (reason_) {
      return *reason_;
    }
    reason_ = reason;
    pending.swap(pending_);
    cut = std::exchange(cut_, nullptr);
    broken_.notify_all();
  }
  const std::exception_ptr error = std::make_exception_ptr(Error(reason));
  for (const c10::intrusive_ptr<GuardedWork>& work : pending) {
    work->give_up(error);
  }
  if (cut) {
    cut();
  }
  return reason;
}

HEARTH_INLINE void Guard::on_break(std::function<void()> cut) {
  {
    const std::lock_guard lock(mutex_);
    if (!reason_) {
      cut_ = std::move(cut);
      return;
    }
  }
  if (cut) {
    cut();
  }
}

HEARTH_INLINE void Guard::suspect(const std::string& words) {
  const std::lock_guard lock(mutex_);
  if (!suspicion_) {
    suspicion_ = words;
  }
}

HEARTH_INLINE std::optional<std::string> Guard::suspicion() const {
  const std::lock_guard lock(mutex_);
  return suspicion_;
}

HEARTH_INLINE void Guard::explain(const std::string& words) {
  suspect(words);
  std::unique_lock lock(mutex_);
  broken_.wait(lock, [&] { return reason_.has_value(); });
  throw Error(*reason_);
}

HEARTH_INLINE void Guard::set_activity(const std::string& activity) {
  const std::lock_guard lock(mutex_);
  progress_.activity = activity;
  progress_.since = Clock::now();
}

HEARTH_INLINE Guard::Progress Guard::progress() const {
  const std::lock_guard lock(mutex_);
  Progress result = progress_;
  result.waits = !pending_.empty();
  return result;
}

HEARTH_INLINE std::optional<double> Guard::waiting() const {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) {
    return {};
  }
  return std::chrono::duration<double>(Clock::now() - pending_.front()->begun()).count();
}

HEARTH_INLINE bool Guard::is_overdue() const {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& work) { return work->deadline < now; });
}

HEARTH_INLINE void Guard::postpone(Clock::duration time) {
  const std::lock_guard lock(mutex_);
  for (const c10::intrusive_ptr<GuardedWork>& work : pending_) {
    work->deadline += time;
  }
}

HEARTH_INLINE void Guard::begin(const c10::intrusive_ptr<GuardedWork>& work) {
  std::optional<std::string> reason;
  {
    const std::lock_guard lock(mutex_);
    reason = reason_;
    if (!reason) {
      pending_.push_back(work);
      ++progress_.operations;
      progress_.since = Clock::now();
    }
  }
  if (reason) {
    work->give_up(std::make_exception_ptr(Error(*reason)));
  }
}

HEARTH_INLINE void Guard::end(const c10::intrusive_ptr<GuardedWork>& work) {
  const std::lock_guard lock(mutex_);
  std::erase(pending_, work);
  progress_.since = Clock::now();
}

// --- GuardedWork
// ------------------------------------------------------------------------------------------------------

HEARTH_INLINE GuardedWork::GuardedWork(c10::intrusive_ptr<c10d::Work> inner, std::chrono::milliseconds timeout)
    : deadline(Guard::Clock::now() + timeout), inner_(std::move(inner)) {
  const c10::intrusive_ptr<c10::ivalue::Future> future = inner_->getFuture();
  future_ = future->createInstance(future->elementType());
}

HEARTH_INLINE void GuardedWork::succeed() {
  {
    const std::lock_guard lock(ending_);
    if (std::exchange(ended_, true)) {
      return;
    }
  }
  future_->markCompleted(inner_->getFuture()->value());
  finish();
}

HEARTH_INLINE void GuardedWork::give_up(const std::exception_ptr& error) {
  {
    const std::lock_guard lock(ending_);
    if (std::exchange(ended_, true)) {
      return;
    }
  }
  future_->setError(error);
  finish(error);
}

// --- GuardedGloo
// ------------------------------------------------------------------------------------------------------

HEARTH_INLINE GuardedGloo::GuardedGloo(c10::intrusive_ptr<CuttableGloo> gloo, std::shared_ptr<Guard> guard,
                                       std::chrono::milliseconds timeout)
    : Backend(gloo->getRank(), gloo->getSize()), gloo_(std::move(gloo)), guard_(std::move(guard)), timeout_(timeout) {}

HEARTH_INLINE GuardedGloo::~GuardedGloo() {
  if (guard_->is_broken()) {
    std::thread([gloo = std::move(gloo_)]() mutable { gloo.reset(); }).detach();
  }
}

template <class Chosen, class Begin>
c10::intrusive_ptr<c10d::Work> GuardedGloo::guarded(const Chosen& options, const Begin& begin_in) {
  guard_->check();
  Chosen own = options;
  const std::chrono::milliseconds longest = own.timeout == c10d::kUnsetTimeout ? timeout_ : own.timeout;
  own.timeout = 4 * longest;  // Gloo's, which shall not be the first to give up
  const auto work = c10::make_intrusive<GuardedWork>(begin_in(own), longest);
  const c10::intrusive_ptr<c10::ivalue::Future> future = work->inner()->getFuture();
  guard_->begin(work);
  future->addCallback(
      [work, guard = guard_](c10::ivalue::Future& ended) {
        if (!ended.hasError()) {
          guard->end(work);
          work->succeed();
        } else {
          guard->suspect(ended.tryRetrieveErrorMessage());  // the work ends when the reason is known
        }
      },
      false);
  return work;
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::broadcast(std::vector<at::Tensor>& tensors,
                                                                    const c10d::BroadcastOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->broadcast(tensors, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::allreduce(std::vector<at::Tensor>& tensors,
                                                                    const c10d::AllreduceOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->allreduce(tensors, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::allreduce_coalesced(
    std::vector<at::Tensor>& tensors, const c10d::AllreduceCoalescedOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->allreduce_coalesced(tensors, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::reduce(std::vector<at::Tensor>& tensors,
                                                                 const c10d::ReduceOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->reduce(tensors, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::allgather(std::vector<std::vector<at::Tensor>>& outputs,
                                                                    std::vector<at::Tensor>& inputs,
                                                                    const c10d::AllgatherOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->allgather(outputs, inputs, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::_allgather_base(at::Tensor& output, at::Tensor& input,
                                                                          const c10d::AllgatherOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->_allgather_base(output, input, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::_reduce_scatter_base(
    at::Tensor& output, at::Tensor& input, const c10d::ReduceScatterOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->_reduce_scatter_base(output, input, own); });
}

HEARTH_INLINE c10::intrusive_ptr<c10d::Work> GuardedGloo::barrier(const c10d::BarrierOptions& options) {
  return guarded(options, [&](const auto& own) { return gloo_->barrier(own); });
}

}  // namespace hearth::dist::detail
