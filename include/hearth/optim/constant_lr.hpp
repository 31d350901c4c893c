/// A learning rate that is a share of itself for a while, and then the whole.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.ConstantLR.
struct ConstantLROptions {
  double factor = 1.0 / 3;  ///< share of the rate until step `total_iters`, above 0 and at most 1
  int total_iters = 5;      ///< the step from which the rate is whole
};

/// The arithmetic of `ConstantLR`.
struct ConstantLRRule {
  using Options = ConstantLROptions;
  static constexpr std::string_view name = "ConstantLR";

  static void visit_options(auto& options, auto& visit) {
    visit("factor", options.factor);
    visit("total_iters", options.total_iters);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.ConstantLR: the learning rate times `factor` until step `total_iters`, and as it was from
/// there on.
///
///     optim::ConstantLR warm_up{optimizer, {.factor = 0.1, .total_iters = 5}};
template <class Optimizer>
class ConstantLR : public RuleScheduler<ConstantLRRule, Optimizer> {
  static_assert(
      OptimizerLike<Optimizer>,
      "ConstantLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");

 public:
  /// Multiplies the optimizer's rates by `factor` at once. The optimizer must outlive the scheduler. Throws Error when
  /// factor is out of its range or total_iters is below 1.
  explicit ConstantLR(Optimizer& optimizer, ConstantLROptions options = {})
      : RuleScheduler<ConstantLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/constant_lr.ipp>
#endif
