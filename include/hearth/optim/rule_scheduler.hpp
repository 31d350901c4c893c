/// A scheduler as a rule makes it: what all schedulers but SequentialLR share, which is all but their arithmetic.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::optim {

/// Where a scheduler stands.
struct ScheduleState {
  std::vector<double> initial;  ///< the learning rates that it began with, one for each parameter group
  std::vector<double> last;     ///< the rates that it has set last
  int epoch = -1;               ///< counted from 0; -1 before it has begun
};

/// Takes a scheduler's options, one call each under Python's name, into a dict.
class ScheduleWriter {
 public:
  explicit ScheduleWriter(const ScheduleState& schedule) : schedule_(schedule) {}

  void operator()(std::string_view name, double option) { state_.set(name, option); }
  void operator()(std::string_view name, int option) { state_.set(name, option); }
  /// Steps become the dict of steps and how often each is named: {30: 1, 80: 2}; left out before the schedule began.
  void operator()(std::string_view name, const std::vector<int>& steps);

  /// The options, and the schedule under the names of torch.optim.lr_scheduler.
  Value state() &&;

 private:
  const ScheduleState& schedule_;
  Value::Dict state_;
};

/// Gives a scheduler's options, one call each under Python's name, the values that a state has for them. Steps stay as
/// they are where the state has nothing that can be read. Throws Error naming what is missing or does not fit.
class ScheduleReader {
 public:
  /// The state must outlive the reader.
  explicit ScheduleReader(const Value& state) : state_(state) {}

  /// Gives the option the state's value of this name.
  void operator()(std::string_view name, double& option);
  void operator()(std::string_view name, int& option);
  void operator()(std::string_view name, std::vector<int>& steps);

  /// Where the scheduler stood, with this many parameter groups.
  ScheduleState schedule(std::size_t groups) const;

 private:
  const Value& state_;
};

/// Where a scheduler stands, under the names of torch.optim.lr_scheduler: into a state, and from one of an optimizer
/// with this many parameter groups.
void write_schedule(Value::Dict& state, const ScheduleState& schedule);
/// The other way: from a state. Throws Error naming what is missing or does not fit.
ScheduleState read_schedule(const Value& state, std::size_t groups);

/// The learning rates of an optimizer's groups under this key of a scheduler's state, as numbers or as tensors of one.
/// Throws Error when they are not there, or not `groups` many.
std::vector<double> read_rates(const Value& state, std::string_view key, std::size_t groups);

/// The epoch of a scheduler's state. Throws Error when it is below `lowest`.
int read_last_epoch(const Value& state, int lowest);

/// Throws Error, in the name of `scheduler`, when an optimizer that had `expected` parameter groups has `groups`.
void check_groups(std::string_view scheduler, std::size_t groups, std::size_t expected);

namespace detail {

template <class R>
concept GivesRate = requires(const typename R::Options& options, int epoch, double rate) {
  { R::next_rate(options, epoch, rate, rate) } -> std::same_as<double>;
};

template <class R>
concept GivesRateOfGroup = requires(const typename R::Options& options, int epoch, double rate, std::size_t group) {
  { R::next_rate(options, epoch, rate, rate, group) } -> std::same_as<double>;
};

}  // namespace detail

/// The arithmetic of a scheduler, and how Python writes it down: static members alone.
template <class R>
concept SchedulerRule = requires(typename R::Options& options, const typename R::Options& constant,
                                 ScheduleWriter& writer, ScheduleReader& reader) {
  // What Python calls the scheduler; its errors begin with it.
  { R::name } -> std::convertible_to<std::string_view>;
  // Calls its second argument with each option: `visit("gamma", options.gamma)`, under Python's name. The options are
  // constant when they are written, and not when they are read.
  R::visit_options(constant, writer);
  R::visit_options(options, reader);
  // Throws Error when an option is out of its range.
  R::check_options(constant);
  // The rate of this epoch, from the rate before (at epoch 0: the one that the optimizer had), the initial rate and, if
  // the rule asks for it, the parameter group's place.
  requires detail::GivesRate<R> || detail::GivesRateOfGroup<R>;
};

/// Sets learning rates by a rule.
///
/// The initial rates are those before the first scheduler of this optimizer, where its groups remember them
/// (`initial_lr`, as in Python); else those at construction. Each rate is computed from the optimizer's, so that a
/// change made beside the schedule is kept, as in Python.
template <class Rule, class Optimizer>
class RuleScheduler {
  static_assert(SchedulerRule<Rule>,
                "RuleScheduler: Rule must be a SchedulerRule: Options, name, visit_options, check_options, next_rate; "
                "see hearth/optim/rule_scheduler.hpp");

 public:
  using Options = typename Rule::Options;

  /// Goes to the next epoch. Throws Error when the optimizer's groups have become more or fewer.
  void step() {
    check_group_count(schedule_.initial.size());
    ++schedule_.epoch;
    schedule_.last.clear();
    for (auto& group : optimizer_->param_groups()) {
      set_learning_rate(group, next_rate(schedule_.last.size(), learning_rate(group)));
      schedule_.last.push_back(learning_rate(group));
    }
  }

  const std::vector<double>& last_lr() const noexcept { return schedule_.last; }
  const std::vector<double>& initial_lr() const noexcept { return schedule_.initial; }
  Optimizer& optimizer() const noexcept { return *optimizer_; }

  /// Begins again at epoch 0 with these rates.
  void start(const std::vector<double>& rates) {
    wait_to_start(rates);
    auto rate = rates.begin();
    for (auto& group : optimizer_->param_groups()) {
      set_learning_rate(group, *rate++);
    }
    step();
  }

  /// Goes back to before epoch 0 and leaves the optimizer alone: the scheduler will be started with these rates later.
  void wait_to_start(const std::vector<double>& rates) {
    check_group_count(rates.size());
    schedule_.initial = rates;
    schedule_.epoch = -1;
  }

  /// The position, the rates and the options under the names of torch.optim.lr_scheduler, whose load_state_dict takes
  /// them.
  Value state_dict() const {
    ScheduleWriter writer(schedule_);
    Rule::visit_options(options_, writer);
    return std::move(writer).state();
  }

  /// Takes the position, the rates and the options from a state that `state_dict` or Python's scheduler of this name
  /// gave. As in Python the optimizer's rates stay as they are: they are in its own state. When it throws, the
  /// scheduler is as it was. Throws Error naming the key that is missing, or whose value does not fit.
  void load_state_dict(const Value& state) {
    try {
      Options options = options_;
      ScheduleReader reader(state);
      Rule::visit_options(options, reader);
      Rule::check_options(options);
      schedule_ = reader.schedule(schedule_.initial.size());
      options_ = std::move(options);
    } catch (const Error& error) {
      core::fail("{}: cannot load this state: {}", Rule::name, error.what());
    }
  }

 protected:
  RuleScheduler(Optimizer& optimizer, Options options) : optimizer_(&optimizer), options_(std::move(options)) {
    Rule::check_options(options_);
    for (auto& group : optimizer.param_groups()) {
      schedule_.initial.push_back(remember_initial_rate(group));
    }
    step();
  }

 private:
  void check_group_count(std::size_t expected) const { check_groups(Rule::name, group_count(*optimizer_), expected); }

  double next_rate(std::size_t group, double rate) const {
    const double initial = schedule_.initial[group];
    if constexpr (detail::GivesRateOfGroup<Rule>) {
      return Rule::next_rate(options_, schedule_.epoch, rate, initial, group);
    } else {
      return Rule::next_rate(options_, schedule_.epoch, rate, initial);
    }
  }

  Optimizer* optimizer_;
  Options options_;
  ScheduleState schedule_;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/rule_scheduler.ipp>
#endif
