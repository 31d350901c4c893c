/// A learning rate that goes linearly from one share of itself to another: a warm-up, most of the time.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.LinearLR.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< share of the rate at the first step, above 0 and at most 1
  double end_factor = 1.0;        ///< share of the rate from step `total_iters` on, from 0 to 1
  int total_iters = 5;            ///< steps from the first share to the last
};

/// The arithmetic of `LinearLR`.
struct LinearLRRule {
  using Options = LinearLROptions;
  static constexpr std::string_view name = "LinearLR";

  static void visit_options(auto& options, auto& visit) {
    visit("start_factor", options.start_factor);
    visit("end_factor", options.end_factor);
    visit("total_iters", options.total_iters);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double);
};

/// torch.optim.lr_scheduler.LinearLR: the learning rate times a factor that goes linearly from `start_factor` to
/// `end_factor` in `total_iters` steps and stays there.
///
///     optim::LinearLR warm_up{optimizer, {.start_factor = 0.1, .total_iters = 5}};
template <class Optimizer>
class LinearLR : public RuleScheduler<LinearLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "LinearLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// Multiplies the optimizer's rates by `start_factor` at once. The optimizer must outlive the scheduler. Throws Error
  /// when a factor is out of its range or total_iters is below 1.
  explicit LinearLR(Optimizer& optimizer, LinearLROptions options = {})
      : RuleScheduler<LinearLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/linear_lr.ipp>
#endif
