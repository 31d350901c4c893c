/// A learning rate that drops by a factor at given steps.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.MultiStepLR.
struct MultiStepLROptions {
  std::vector<int> milestones;  ///< the steps that bring a drop; one that is named twice drops twice
  double gamma = 0.1;           ///< what the rate is multiplied by
};

/// The arithmetic of `MultiStepLR`.
struct MultiStepLRRule {
  using Options = MultiStepLROptions;
  static constexpr std::string_view name = "MultiStepLR";

  static void visit_options(auto& options, auto& visit) {
    visit("milestones", options.milestones);
    visit("gamma", options.gamma);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.MultiStepLR: multiplies the learning rate by `gamma` at each of the milestones.
///
///     optim::MultiStepLR scheduler{optimizer, {.milestones = {30, 80}, .gamma = 0.1}};
///
/// Python keeps the milestones of a state as a collections.Counter. They are written as a dict, with which Python goes
/// on alike, and not at all before its turn in a SequentialLR has come, when Python needs its own Counter.
template <class Optimizer>
class MultiStepLR : public RuleScheduler<MultiStepLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "MultiStepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. A milestone of 0 takes effect at once. Throws Error when a milestone or
  /// gamma is below 0.
  MultiStepLR(Optimizer& optimizer, MultiStepLROptions options)
      : RuleScheduler<MultiStepLRRule, Optimizer>(optimizer, std::move(options)) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/multi_step_lr.ipp>
#endif
