/// The group of processes as a reducer of gradients sees it: it notes how long buckets travel, and keeps what fails.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <hearth/dist/gradient_reducer.hpp>

namespace hearth::dist::detail {

/// What is on its way in a backward pass. The threads of the backend tell it what has arrived.
class Travel {
 public:
  using Clock = std::chrono::steady_clock;

  /// A backward pass begins.
  void begin() {
    const std::lock_guard lock(mutex_);
    spans_.clear();
    computed_.reset();
  }

  /// The local backward pass is over; the first call counts.
  void computed() {
    const std::lock_guard lock(mutex_);
    computed_ = computed_.value_or(Clock::now());
  }

  /// A bucket begins to travel; the result is for `arrived`.
  std::size_t depart(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    ++stats_.reductions;
    stats_.bytes += bytes;
    const auto now = Clock::now();
    spans_.emplace_back(now, now);
    return spans_.size() - 1;
  }

  void arrived(std::size_t span) {
    const std::lock_guard lock(mutex_);
    if (span < spans_.size()) {
      spans_[span].second = Clock::now();
    }
  }

  /// The first failure counts.
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (failure_ == nullptr) {
      failure_ = std::move(failure);
    }
  }

  std::exception_ptr failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

  /// All have arrived: counts the time in which at least one was on its way, and what of it the local backward pass did
  /// not hide.
  void settle() {
    const std::lock_guard lock(mutex_);
    std::sort(spans_.begin(), spans_.end());
    const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
    Clock::time_point counted;  // until when: the distant past
    for (const auto& [from, to] : spans_) {
      const auto begin = std::max(from, counted);
      if (to > begin) {
        stats_.communication += seconds(to - begin);
        stats_.exposed += seconds(to - std::min(to, std::max(begin, computed_.value_or(from))));
        counted = to;
      }
    }
    spans_.clear();
  }

  ReducerStats stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<Clock::time_point, Clock::time_point>> spans_;
  std::optional<Clock::time_point> computed_;
  std::exception_ptr failure_;
  ReducerStats stats_;
};

/// Hands the collectives of a reducer on to the real group. A collective that fails is kept as `travel().failure()` and
/// looks as if it had succeeded: c10d's Reducer would throw what the backend says in the middle of a backward pass,
/// where nobody can say in words which process is at fault.
class GradientGroup : public c10d::ProcessGroup {
 public:
  explicit GradientGroup(c10::intrusive_ptr<c10d::ProcessGroup> group)
      : c10d::ProcessGroup(group->getRank(), group->getSize()), group_(std::move(group)) {}

  Travel& travel() { return *travel_; }

  /// A backward pass begins whose end LibTorch's engine shall tell.
  void expect_backward(bool expected) { expects_backward_ = expected; }

  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                           const c10d::AllreduceOptions& options = c10d::AllreduceOptions()) override {
    if (std::exchange(expects_backward_, false)) {
      torch::autograd::Engine::get_default_engine().queue_callback([travel = travel_] { travel->computed(); });
    }
    using c10::ivalue::Future;
    const auto done = [&] {
      auto future = c10::make_intrusive<Future>(c10::ListType::ofTensors());
      future->markCompleted(c10::IValue(tensors));
      return c10d::Work::create_from_future(future);
    };
    if (travel_->failure() != nullptr) {
      return done();
    }
    std::optional<std::size_t> span;
    if (tensors.front().is_floating_point()) {  // a bucket; the map of used parameters is of integers
      span = travel_->depart(static_cast<std::int64_t>(tensors.front().nbytes()));
    }
    c10::intrusive_ptr<Future> future;
    try {
      future = group_->allreduce(tensors, options)->getFuture();
    } catch (...) {
      travel_->fail(std::current_exception());
      return done();
    }
    return c10d::Work::create_from_future(future->then(
        [travel = travel_, span, tensors](Future& result) -> c10::IValue {
          if (span) {
            travel->arrived(*span);
          }
          if (result.hasError()) {
            travel->fail(result.exception_ptr());
            return tensors;
          }
          return result.value();
        },
        future->elementType()));
  }

  c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor>& tensors,
                                           const c10d::BroadcastOptions& options = c10d::BroadcastOptions()) override {
    return group_->broadcast(tensors, options);
  }

 private:
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  std::shared_ptr<Travel> travel_ = std::make_shared<Travel>();
  bool expects_backward_ = false;
};

}  // namespace hearth::dist::detail
