/// A learning rate that rises to a peak and falls far below its beginning, all in one run.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/per_group.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// Along which line a phase of a cycle goes: `cos`, half a cosine wave, or `linear`, a straight one.
enum class Anneal { cos, linear };

/// The options of torch.optim.lr_scheduler.OneCycleLR.
struct OneCycleLROptions {
  PerGroup max_lr = 0.1;                ///< the rate at the peak, of all groups or of each
  std::optional<int> total_steps = {};  ///< steps of the whole run; or epochs and steps_per_epoch, which it is made of
  std::optional<int> epochs = {};       ///< epochs of the whole run
  std::optional<int> steps_per_epoch = {};  ///< steps of each
  double pct_start = 0.3;                   ///< share of the steps in which the rate rises
  Anneal anneal_strategy = Anneal::cos;     ///< the line of the rise and of the fall
  bool cycle_momentum = true;               ///< moves momentum, or the first of betas, against the rate
  PerGroup base_momentum = 0.85;            ///< momentum at the peak of the rate
  PerGroup max_momentum = 0.95;             ///< momentum in the beginning and at the end
  double div_factor = 25;                   ///< the first rate is max_lr divided by this
  double final_div_factor = 1e4;            ///< the last rate is the first divided by this
  bool three_phase = false;                 ///< falls back to the first rate as fast as it rose, then to the last
};

/// Between what a parameter group's learning rate and momentum go: from `initial_lr` up to `max_lr` and down to
/// `min_lr`, and between `max_momentum` and `base_momentum`.
struct OneCycleEnds {
  double initial_lr, max_lr, min_lr;
  double max_momentum, base_momentum;
};

/// What OneCycleLR knows of the line of a cycle.
class OneCycle {
 public:
  /// Where a cycle is: the learning rate (`lr`) and the `momentum`.
  struct Point {
    double lr, momentum;
  };

  /// Throws Error when an option is out of its range.
  OneCycle(const OneCycleLROptions& options, std::size_t groups);

  /// The ends of a group, and whether the momentum goes with the rate.
  const OneCycleEnds& ends(std::size_t group) const { return ends_[group]; }
  bool cycles_momentum() const noexcept { return cycle_momentum_; }

  /// Throws Error when the cycle has no such step.
  void check_step(int step) const;

  /// Where the cycle is after `step` steps.
  Point at(int step, const OneCycleEnds& ends) const;

  /// Writes and reads the options under Python's names.
  void write(Value::Dict& state, bool use_beta1) const;
  void read(const Value& state);

 private:
  int total_steps_ = 0;
  std::vector<double> phase_ends_;  ///< the last step of each phase: two of them, or three
  Anneal anneal_strategy_ = Anneal::cos;
  bool cycle_momentum_ = true;
  std::vector<OneCycleEnds> ends_;
};

/// Writes the ends of a group's cycle to where Python keeps them, the group's entry in the optimizer's state.
void keep_ends(Value::Dict& kept, const OneCycleEnds& ends, bool with_momentum);

/// The ends of a group's cycle with what such an entry says otherwise.
OneCycleEnds kept_ends(const Value::Dict& kept, OneCycleEnds ends);

namespace detail {

template <class Group>
concept BetaGroup = requires(Group& group) {
  { group.options.betas.first } -> std::same_as<double&>;
};

template <class Group>
concept MomentumGroup = BetaGroup<Group> || requires(Group& group) {
  { group.options.momentum } -> std::same_as<double&>;
};

}  // namespace detail

/// torch.optim.lr_scheduler.OneCycleLR: the learning rate rises from `max_lr / div_factor` to `max_lr`, and falls to
/// `max_lr / div_factor / final_div_factor`, while momentum falls and rises again. (Smith and Topin,
/// "Super-convergence: Very fast training of neural networks using large learning rates", 2018.) Its steps are the
/// optimizer's:
///
///     optim::PerBatch scheduler{optim::OneCycleLR{optimizer, {.max_lr = 0.1, .epochs = 30, .steps_per_epoch = 500}}};
///
/// As in Python the ends of the cycle are kept in the optimizer's groups and saved with them: load the optimizer's
/// state after the scheduler is made. It is no part of a SequentialLR.
template <class Optimizer>
class OneCycleLR {
  static_assert(OptimizerLike<Optimizer>,
                "OneCycleLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// Sets the optimizer's rates and momentums to those of the cycle's beginning. The optimizer must outlive the
  /// scheduler. Throws Error when an option is out of its range, when neither total_steps nor epochs and
  /// steps_per_epoch are given, or when the optimizer has no momentum to cycle.
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options)
      : optimizer_(&optimizer), cycle_(options, group_count(optimizer)) {
    std::size_t index = 0;
    for (auto& group : optimizer.param_groups()) {
      const OneCycleEnds& ends = cycle_.ends(index++);
      schedule_.initial.push_back(ends.initial_lr);
      if constexpr (requires { group.initial_lr = ends.initial_lr; }) {
        group.initial_lr = ends.initial_lr;
      }
      if constexpr (requires { keep_ends(group.kept, ends, true); }) {
        keep_ends(group.kept, ends, cycle_.cycles_momentum());
      }
    }
    step();
  }

  /// Goes to the next step. Throws Error after the last, or when the optimizer's groups have become more or fewer.
  void step() {
    check_groups("OneCycleLR", group_count(*optimizer_), schedule_.initial.size());
    cycle_.check_step(schedule_.epoch + 1);
    ++schedule_.epoch;
    schedule_.last.clear();
    for (auto& group : optimizer_->param_groups()) {
      const OneCycle::Point point = cycle_.at(schedule_.epoch, ends_of(group, schedule_.last.size()));
      set_learning_rate(group, point.lr);
      if (cycle_.cycles_momentum()) {
        set_momentum(group, point.momentum);
      }
      schedule_.last.push_back(point.lr);
    }
  }

  const std::vector<double>& last_lr() const noexcept { return schedule_.last; }
  Optimizer& optimizer() const noexcept { return *optimizer_; }

  /// The position and the options under the names of torch.optim.lr_scheduler.OneCycleLR, whose load_state_dict takes
  /// them. The rates of peak and end are in the optimizer's state.
  Value state_dict() const {
    Value::Dict state;
    cycle_.write(state, detail::BetaGroup<Group>);
    write_schedule(state, schedule_);
    return state;
  }

  /// Takes the position and the options from a state that `state_dict` or Python's OneCycleLR gave. As in Python the
  /// optimizer's rates stay as they are: they are in its own state. When it throws, the scheduler is as it was. Throws
  /// Error naming the key that is missing, or whose value does not fit.
  void load_state_dict(const Value& state) {
    try {
      OneCycle cycle = cycle_;
      cycle.read(state);
      schedule_ = read_schedule(state, schedule_.initial.size());
      cycle_ = std::move(cycle);
    } catch (const Error& error) {
      core::fail("OneCycleLR: cannot load this state: {}", error.what());
    }
  }

 private:
  using Group = std::ranges::range_value_t<decltype(std::declval<Optimizer&>().param_groups())>;

  OneCycleEnds ends_of(const Group& group, std::size_t index) const {
    OneCycleEnds ends = cycle_.ends(index);
    if constexpr (requires { ends.initial_lr = group.initial_lr.value_or(0.0); }) {
      ends.initial_lr = group.initial_lr.value_or(ends.initial_lr);
    }
    if constexpr (requires { kept_ends(group.kept, ends); }) {
      ends = kept_ends(group.kept, ends);
    }
    return ends;
  }

  static void set_momentum([[maybe_unused]] Group& group, [[maybe_unused]] double momentum) {
    if constexpr (detail::BetaGroup<Group>) {
      group.options.betas.first = momentum;
    } else if constexpr (detail::MomentumGroup<Group>) {
      group.options.momentum = momentum;
    } else {
      core::fail(
          "OneCycleLR: the optimizer's groups have neither momentum nor betas to cycle; set .cycle_momentum = "
          "false");
    }
  }

  Optimizer* optimizer_;
  OneCycle cycle_;
  ScheduleState schedule_;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/one_cycle_lr.ipp>
#endif
