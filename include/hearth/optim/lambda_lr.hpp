/// A learning rate that a function of one's own gives.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.LambdaLR.
struct LambdaLROptions {
  /// What the initial rate is multiplied by at each epoch, counted from 0: one function for all parameter groups, or
  /// one for each.
  std::vector<std::function<double(int)>> lr_lambda;
};

/// The arithmetic of `LambdaLR`.
struct LambdaLRRule {
  using Options = LambdaLROptions;
  static constexpr std::string_view name = "LambdaLR";

  static void visit_options(auto&, auto&) {}
  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double initial, std::size_t group);
};

/// The options with a function for each of this many parameter groups. Throws Error when there are neither one nor so
/// many.
LambdaLROptions one_for_each(LambdaLROptions options, std::size_t groups);

/// The state of a RuleScheduler with `lr_lambdas`, in which Python has None for every plain function.
Value lambda_state(Value state);

/// Throws Error unless `lr_lambdas` of the state is a list of this many None.
void check_lambda_state(const Value& state, std::size_t groups);

/// torch.optim.lr_scheduler.LambdaLR: the initial rate times what a function gives for the epoch. The function is no
/// part of the state, as in Python; a state of Python's in which a callable object has left its own is refused.
///
///     optim::LambdaLR scheduler{optimizer, [](int epoch) { return 1.0 / (1 + epoch); }};
///     optim::LambdaLR each{optimizer, {.lr_lambda = {body, head}}};  // one for each of two groups
template <class Optimizer>
class LambdaLR : public RuleScheduler<LambdaLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "LambdaLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");
  using Base = RuleScheduler<LambdaLRRule, Optimizer>;

 public:
  /// The optimizer must outlive the scheduler. Throws Error when a function is empty, or when there are neither one nor
  /// as many as parameter groups.
  LambdaLR(Optimizer& optimizer, LambdaLROptions options)
      : Base(optimizer, one_for_each(std::move(options), group_count(optimizer))) {}

  /// One function for all parameter groups.
  template <std::invocable<int> Function>
  LambdaLR(Optimizer& optimizer, Function lr_lambda)
      : LambdaLR(optimizer, LambdaLROptions{.lr_lambda = {std::move(lr_lambda)}}) {}

  Value state_dict() const { return lambda_state(Base::state_dict()); }

  void load_state_dict(const Value& state) {
    check_lambda_state(state, Base::initial_lr().size());
    Base::load_state_dict(state);
  }
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/lambda_lr.ipp>
#endif
