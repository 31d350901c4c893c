/// A learning rate that falls along half a cosine wave.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.CosineAnnealingLR.
struct CosineAnnealingLROptions {
  int T_max = 1;       ///< steps from the first rate to the lowest
  double eta_min = 0;  ///< the lowest rate
};

/// The arithmetic of `CosineAnnealingLR`.
struct CosineAnnealingLRRule {
  using Options = CosineAnnealingLROptions;
  static constexpr std::string_view name = "CosineAnnealingLR";

  static void visit_options(auto& options, auto& visit) {
    visit("T_max", options.T_max);
    visit("eta_min", options.eta_min);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double rate, double initial);
};

/// torch.optim.lr_scheduler.CosineAnnealingLR: the learning rate falls to `eta_min` along half a cosine wave of `T_max`
/// steps, and goes on along the wave after that, up again. (Loshchilov and Hutter, "SGDR: Stochastic gradient descent
/// with warm restarts", 2017, without the restarts.) Each rate is computed from the one before, as in Python.
///
///     optim::CosineAnnealingLR scheduler{optimizer, {.T_max = 90}};
template <class Optimizer>
class CosineAnnealingLR : public RuleScheduler<CosineAnnealingLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "CosineAnnealingLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when T_max is below 1 or eta_min below 0.
  CosineAnnealingLR(Optimizer& optimizer, CosineAnnealingLROptions options)
      : RuleScheduler<CosineAnnealingLRRule, Optimizer>(optimizer, options) {}
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/cosine_annealing_lr.ipp>
#endif
