/// A learning rate that falls along half a cosine wave, again and again.
#pragma once

#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
struct CosineAnnealingWarmRestartsOptions {
  int T_0 = 1;         ///< steps until the first restart
  int T_mult = 1;      ///< each wave is this many times as long as the one before
  double eta_min = 0;  ///< the lowest rate, which the end of a wave comes near to
};

/// The arithmetic of `CosineAnnealingWarmRestarts`.
struct CosineAnnealingWarmRestartsRule {
  using Options = CosineAnnealingWarmRestartsOptions;
  static constexpr std::string_view name = "CosineAnnealingWarmRestarts";

  static void visit_options(auto& options, auto& visit) {
    visit("T_0", options.T_0);
    visit("T_mult", options.T_mult);
    visit("eta_min", options.eta_min);
  }

  static void check_options(const Options& options);
  static double next_rate(const Options& options, int epoch, double, double initial);
};

/// The state of a RuleScheduler with what Python's CosineAnnealingWarmRestarts has beside it: the position in the wave,
/// `T_cur`, and the wave's length, `T_i`.
Value warm_restarts_state(const Value& state);

/// Throws Error unless the position in the wave that such a state has is the one of its epoch.
void check_warm_restarts_state(const Value& state);

/// torch.optim.lr_scheduler.CosineAnnealingWarmRestarts: the learning rate falls towards `eta_min` along half a cosine
/// wave of `T_0` steps, jumps back to the initial rate, and falls again, `T_mult` times as slowly. (Loshchilov and
/// Hutter, "SGDR: Stochastic gradient descent with warm restarts", 2017.) Its step() is Python's without an argument: a
/// state that Python made by fractions of epochs is refused.
///
///     optim::CosineAnnealingWarmRestarts scheduler{optimizer, {.T_0 = 10, .T_mult = 2}};
template <class Optimizer>
class CosineAnnealingWarmRestarts : public RuleScheduler<CosineAnnealingWarmRestartsRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "CosineAnnealingWarmRestarts: the first argument must be an optimizer (OptimizerLike): step(), "
                "zero_grad(), param_groups()");
  using Base = RuleScheduler<CosineAnnealingWarmRestartsRule, Optimizer>;

 public:
  /// The optimizer must outlive the scheduler. Throws Error when T_0 or T_mult is below 1 or eta_min below 0.
  CosineAnnealingWarmRestarts(Optimizer& optimizer, CosineAnnealingWarmRestartsOptions options)
      : Base(optimizer, options) {}

  Value state_dict() const { return warm_restarts_state(Base::state_dict()); }

  void load_state_dict(const Value& state) {
    CosineAnnealingWarmRestarts read = *this;
    read.Base::load_state_dict(state);
    check_warm_restarts_state(state);
    *this = std::move(read);
  }
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/cosine_annealing_warm_restarts.ipp>
#endif
