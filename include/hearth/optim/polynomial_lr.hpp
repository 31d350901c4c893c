/// A learning rate that falls to 0 along a power of the steps that are left.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.PolynomialLR.
struct PolynomialLROptions {
  int total_iters = 5;  ///< steps from the first rate to 0
  double power = 1.0;   ///< 1 is a straight line; above 1 the rate falls faster in the beginning
};

/// The arithmetic of `PolynomialLR`.
struct PolynomialLRRule {
  using Options = PolynomialLROptions;
  static constexpr std::string_view name = "PolynomialLR";

  static void visit_options(auto& options, auto& visit) {
    visit("total_iters", options.total_iters);
    visit("power", options.power);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.PolynomialLR: the initial rate times `(1 - step / total_iters)^power`, and 0 from step
/// `total_iters` on. Each rate is computed from the one before, as in Python.
///
///     optim::PolynomialLR scheduler{optimizer, {.total_iters = 90, .power = 0.9}};
template <class Optimizer>
class PolynomialLR : public RuleScheduler<PolynomialLRRule, Optimizer> {
  static_assert(
      OptimizerLike<Optimizer>,
      "PolynomialLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when total_iters is below 1 or power below 0.
  explicit PolynomialLR(Optimizer& optimizer, PolynomialLROptions options = {})
      : RuleScheduler<PolynomialLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/polynomial_lr.ipp>
#endif
