/// What a scheduler of learning rates is, the rates that schedulers move, and the scheduler that moves none.
#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::optim {

/// `step()`, once an epoch (or a batch) after the optimizer's, sets the optimizer's next learning rates; `last_lr()`
/// gives those of now, one for each parameter group.
template <class S>
concept SchedulerLike = requires(S& scheduler, const S& constant) {
  scheduler.step();
  { constant.last_lr() } -> std::convertible_to<std::vector<double>>;
};

/// A scheduler that SequentialLR can put back to its beginning: `start(rates)` sets every group to what the schedule
/// has at its epoch 0 when it begins with these rates; `initial_lr()` gives the rates it began with at construction.
template <class S, class Optimizer>
concept RestartableScheduler = requires(S& scheduler, const S& constant, const std::vector<double>& rates) {
  requires SchedulerLike<S>;
  scheduler.start(rates);
  { constant.initial_lr() } -> std::convertible_to<std::vector<double>>;
  { constant.optimizer() } -> std::same_as<Optimizer&>;
};

/// The learning rates of an optimizer's groups, as a scheduler sees them: what each was in the beginning, and what it
/// is. In the beginning means before the first scheduler of this optimizer, where the group remembers that
/// (`initial_lr`, as in Python); else at construction.
template <class Optimizer>
class ScheduledRates {
 public:
  explicit ScheduledRates(Optimizer& optimizer) : optimizer_(&optimizer) {
    for (auto& group : optimizer.param_groups()) {
      initial_.push_back(remember(group));
    }
    update([](double rate, double) { return rate; });
  }

  Optimizer& optimizer() const noexcept { return *optimizer_; }
  const std::vector<double>& initial() const noexcept { return initial_; }
  const std::vector<double>& last() const noexcept { return last_; }

  /// Sets every group's rate to `next(rate, initial rate)`. It starts from the optimizer's rates, so that a change made
  /// beside the schedule is kept, as in Python. Throws Error when the optimizer's groups have become more or fewer.
  template <class Next>
  void update(Next next) {
    last_.clear();
    for (auto& group : optimizer_->param_groups()) {
      require(last_.size() < initial_.size(), "scheduler: the optimizer got more parameter groups than the {} it had",
              initial_.size());
      set_learning_rate(group, next(learning_rate(group), initial_[last_.size()]));
      last_.push_back(learning_rate(group));
    }
    require(last_.size() == initial_.size(), "scheduler: the optimizer has {} parameter groups, but had {}",
            last_.size(), initial_.size());
  }

  /// Begins anew with these rates.
  void start(std::vector<double> rates) {
    initial_ = std::move(rates);
    update([](double, double initial) { return initial; });
  }

 private:
  template <class Group>
  static double remember(Group& group) {
    if constexpr (requires { group.initial_lr = group.initial_lr.value_or(0.0); }) {
      group.initial_lr = group.initial_lr.value_or(learning_rate(group));
      return *group.initial_lr;
    } else {
      return learning_rate(group);
    }
  }

  Optimizer* optimizer_;
  std::vector<double> initial_;
  std::vector<double> last_;
};

/// Leaves the learning rates as they are.
///
///     optim::NoScheduler scheduler{optimizer};
template <class Optimizer>
class NoScheduler {
  static_assert(OptimizerLike<Optimizer>,
                "NoScheduler: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  explicit NoScheduler(Optimizer& optimizer) : rates_(optimizer) {}

  void step() {
    rates_.update([](double rate, double) { return rate; });
  }

  const std::vector<double>& last_lr() const noexcept { return rates_.last(); }
  const std::vector<double>& initial_lr() const noexcept { return rates_.initial(); }
  Optimizer& optimizer() const noexcept { return rates_.optimizer(); }
  void start(const std::vector<double>& rates) { rates_.start(rates); }

 private:
  ScheduledRates<Optimizer> rates_;
};

}  // namespace hearth::optim
