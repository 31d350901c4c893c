/// What a scheduler of learning rates is, and the scheduler that leaves them as they are.
#pragma once

#include <concepts>
#include <string_view>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// `step()`, once an epoch (or a batch) after the optimizer's, sets the optimizer's next learning rates; `last_lr()`
/// gives those of now, one for each parameter group.
template <class S>
concept SchedulerLike = requires(S& scheduler, const S& constant) {
  scheduler.step();
  { constant.last_lr() } -> std::convertible_to<std::vector<double>>;
};

/// A scheduler that looks at a figure: `step(metric)`, once an epoch, is given the figure that `figure()` names, such
/// as "val_loss". ReduceLROnPlateau is one.
template <class S>
concept PlateauSchedulerLike = requires(S& scheduler, const S& constant, double metric) {
  scheduler.step(metric);
  { constant.last_lr() } -> std::convertible_to<std::vector<double>>;
  { constant.figure() } -> std::convertible_to<std::string_view>;
};

/// A scheduler that says that it steps after every step of the optimizer, and not after every epoch: `PerBatch` makes
/// one of any other; a type of one's own has `static constexpr bool steps_per_batch = true`.
template <class S>
concept StepsPerBatch = requires {
  requires bool{S::steps_per_batch};
};

/// A scheduler that SequentialLR can put back to its beginning, and save: `start(rates)` sets every group to what the
/// schedule has at its epoch 0 when it begins with these rates; `wait_to_start(rates)` says that it will begin with
/// them later; `initial_lr()` gives the rates that it began with at construction.
template <class S, class Optimizer>
concept RestartableScheduler = requires(S& scheduler, const S& constant, const std::vector<double>& rates,
                                        const Value& state) {
  requires SchedulerLike<S> && std::copyable<S>;
  scheduler.start(rates);
  scheduler.wait_to_start(rates);
  scheduler.load_state_dict(state);
  { constant.state_dict() } -> std::convertible_to<Value>;
  { constant.initial_lr() } -> std::convertible_to<std::vector<double>>;
  { constant.optimizer() } -> std::same_as<Optimizer&>;
};

/// The arithmetic of `NoScheduler`.
struct NoSchedulerRule {
  struct Options {};  ///< there are none
  static constexpr std::string_view name = "NoScheduler";

  static void visit_options(auto&, auto&) {}
  static void check_options(const Options&) {}
  static double next_rate(const Options&, int, double rate, double) { return rate; }
};

/// Leaves the learning rates as they are. Its state is what the states of Python's schedulers have in common.
///
///     optim::NoScheduler scheduler{optimizer};
template <class Optimizer>
class NoScheduler : public RuleScheduler<NoSchedulerRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "NoScheduler: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  explicit NoScheduler(Optimizer& optimizer) : RuleScheduler<NoSchedulerRule, Optimizer>(optimizer, {}) {}
};

}  // namespace hearth::optim
