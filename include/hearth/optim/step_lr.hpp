/// A learning rate that drops by a factor at regular steps.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.StepLR.
struct StepLROptions {
  int step_size = 1;   ///< steps from one drop to the next
  double gamma = 0.1;  ///< what the rate is multiplied by
};

/// The arithmetic of `StepLR`.
struct StepLRRule {
  using Options = StepLROptions;
  static constexpr std::string_view name = "StepLR";

  static void visit_options(auto& options, auto& visit) {
    visit("step_size", options.step_size);
    visit("gamma", options.gamma);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.StepLR: multiplies the learning rate by `gamma` every `step_size` steps.
///
///     optim::StepLR scheduler{optimizer, {.step_size = 7, .gamma = 0.1}};
template <class Optimizer>
class StepLR : public RuleScheduler<StepLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "StepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when step_size is below 1 or gamma below 0.
  StepLR(Optimizer& optimizer, StepLROptions options) : RuleScheduler<StepLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/step_lr.ipp>
#endif
