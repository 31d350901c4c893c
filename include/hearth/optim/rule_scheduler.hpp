/// A scheduler as a rule makes it: what all schedulers but SequentialLR share, which is all but their arithmetic.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::optim {

/// The learning rates of an optimizer's groups under this key of a scheduler's state, as numbers or as tensors of one.
/// Throws Error when they are not there, or not `groups` many.
inline std::vector<double> read_rates(const Value& state, std::string_view key, std::size_t groups) {
  const Value::List& entries = state.as<Value::List>(key);
  core::require(entries.size() == groups, "{} has {} rates, but the optimizer has {} parameter groups", key,
                entries.size(), groups);
  std::vector<double> rates;
  for (std::size_t i = 0; i < groups; ++i) {
    const auto is_number = [](const at::Tensor& tensor) { return tensor.numel() == 1 && tensor.is_floating_point(); };
    const Value& entry = entries[i];
    rates.push_back(entry.is<at::Tensor>() && is_number(entry.as<at::Tensor>())
                        ? entry.as<at::Tensor>().item().toDouble()
                        : state.as<double>(key, i));
  }
  return rates;
}

/// The epoch of a scheduler's state. Throws Error when it is below `lowest`.
inline int read_last_epoch(const Value& state, int lowest) {
  const int epoch = state.as<int>("last_epoch");
  core::require(epoch >= lowest, "last_epoch must be at least {}, but is {}", lowest, epoch);
  return epoch;
}

/// Sets learning rates by a rule, which says with static members: its `name` and its `Options`; with `visit_options`
/// each option under Python's name, with `check_options` what is wrong in them; and the arithmetic, `next_rate`: the
/// rate of an epoch, from the one before (of epoch 0: from the one that the optimizer had) and the initial one.
///
/// The initial rates are those before the first scheduler of this optimizer, where its groups remember them
/// (`initial_lr`, as in Python); else those at construction. Each rate is computed from the optimizer's, so that a
/// change made beside the schedule is kept, as in Python.
template <class Rule, class Optimizer>
class RuleScheduler {
 public:
  using Options = typename Rule::Options;

  /// Goes to the next epoch. Throws Error when the optimizer's groups have become more or fewer.
  void step() { go_to(epoch_ + 1); }

  const std::vector<double>& last_lr() const noexcept { return last_; }
  const std::vector<double>& initial_lr() const noexcept { return initial_; }
  Optimizer& optimizer() const noexcept { return *optimizer_; }

  /// Begins anew at epoch 0 with these rates.
  void start(const std::vector<double>& rates) {
    rest(rates);
    auto rate = rates.begin();
    for (auto& group : optimizer_->param_groups()) {
      set_learning_rate(group, *rate++);
    }
    step();
  }

  /// Has not begun, and is at epoch -1, until it is started with these rates.
  void rest(const std::vector<double>& rates) {
    check_groups(rates.size());
    initial_ = rates;
    epoch_ = -1;
  }

  /// The position, the rates and the options under the names of torch.optim.lr_scheduler, whose load_state_dict takes
  /// them.
  Value state_dict() const {
    Value::Dict state;
    Rule::visit_options(options_, [&]<class Option>(const char* name, const Option& option) {
      if constexpr (std::same_as<Option, std::vector<int>>) {
        if (epoch_ >= 0) {
          state.set(name, counts(option));
        }
      } else {
        state.set(name, option);
      }
    });
    state.set("base_lrs", Value::List(initial_.begin(), initial_.end()));
    state.set("last_epoch", epoch_);
    state.set("_step_count", std::max(epoch_, 0) + 1);
    state.set("_is_initial", false);
    state.set("_get_lr_called_within_step", false);
    state.set("_last_lr", Value::List(last_.begin(), last_.end()));
    return state;
  }

  /// Takes the position, the rates and the options from a state that `state_dict` or Python's scheduler of this name
  /// gave. As in Python the optimizer's rates stay as they are: they are in its own state. When it throws, the
  /// scheduler is as it was. Throws Error naming the key that is missing, or whose value does not fit.
  void load_state_dict(const Value& state) {
    try {
      Options options = options_;
      Rule::visit_options(options, [&]<class Option>(const char* name, Option& option) {
        if constexpr (std::same_as<Option, std::vector<int>>) {
          read_counts(state, name, option);
        } else {
          option = state.as<Option>(name);
        }
      });
      Rule::check_options(options);
      const int epoch = read_last_epoch(state, -1);
      auto initial = read_rates(state, "base_lrs", initial_.size());
      last_ = read_rates(state, "_last_lr", initial_.size());
      initial_ = std::move(initial);
      options_ = std::move(options);
      epoch_ = epoch;
    } catch (const Error& error) {
      core::fail("{}: cannot load this state: {}", Rule::name, error.what());
    }
  }

 protected:
  RuleScheduler(Optimizer& optimizer, Options options) : optimizer_(&optimizer), options_(std::move(options)) {
    Rule::check_options(options_);
    for (auto& group : optimizer.param_groups()) {
      initial_.push_back(remember(group));
    }
    step();
  }

 private:
  void go_to(int epoch) {
    check_groups(initial_.size());
    last_.clear();
    for (auto& group : optimizer_->param_groups()) {
      set_learning_rate(group, Rule::next_rate(options_, epoch, learning_rate(group), initial_[last_.size()]));
      last_.push_back(learning_rate(group));
    }
    epoch_ = epoch;
  }

  void check_groups(std::size_t expected) const {
    const auto groups = static_cast<std::size_t>(std::ranges::distance(optimizer_->param_groups()));
    core::require(groups == expected, "{}: the optimizer has {} parameter groups, but had {}", Rule::name, groups,
                  expected);
  }

  template <class Group>
  static double remember(Group& group) {
    if constexpr (requires { group.initial_lr = group.initial_lr.value_or(0.0); }) {
      group.initial_lr = group.initial_lr.value_or(learning_rate(group));
      return *group.initial_lr;
    } else {
      return learning_rate(group);
    }
  }

  /// Steps and how often each is named: {30: 1, 80: 2}.
  static Value::Dict counts(const std::vector<int>& steps) {
    Value::Dict result;
    for (const int step : steps) {
      result.set(step, std::count(steps.begin(), steps.end(), step));
    }
    return result;
  }

  /// The same read into `steps`, which stay where there is nothing that can be read.
  static void read_counts(const Value& state, const char* name, std::vector<int>& steps) {
    const Value* const found = state.find(name);
    if (found == nullptr || found->is<Value::Unread>()) {
      return;
    }
    steps.clear();
    for (const auto& [step, count] : state.as<Value::Dict>(name)) {
      constexpr int most = 1000;
      const int times = state.as<int>(name, step);
      core::require(step.number() != nullptr && times >= 0 && times <= most,
                    "{}/{} is {}, not a step that is named 0 to {} "
                    "times",
                    name, to_string(step), times, most);
      steps.insert(steps.end(), static_cast<std::size_t>(times), Value(*step.number()).as<int>());
    }
  }

  Optimizer* optimizer_;
  Options options_;
  std::vector<double> initial_;
  std::vector<double> last_;
  int epoch_ = -1;
};

}  // namespace hearth::optim
