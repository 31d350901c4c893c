/// A learning rate that is multiplied by the same factor at every step.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.ExponentialLR.
struct ExponentialLROptions {
  double gamma = 1;  ///< what the rate is multiplied by at each step
};

/// The arithmetic of `ExponentialLR`.
struct ExponentialLRRule {
  using Options = ExponentialLROptions;
  static constexpr std::string_view name = "ExponentialLR";

  static void visit_options(auto& options, auto& visit) { visit("gamma", options.gamma); }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.ExponentialLR: multiplies the learning rate by `gamma` at every step.
///
///     optim::ExponentialLR scheduler{optimizer, {.gamma = 0.95}};
template <class Optimizer>
class ExponentialLR : public RuleScheduler<ExponentialLRRule, Optimizer> {
  static_assert(
      OptimizerLike<Optimizer>,
      "ExponentialLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when gamma is below 0.
  ExponentialLR(Optimizer& optimizer, ExponentialLROptions options)
      : RuleScheduler<ExponentialLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/exponential_lr.ipp>
#endif
