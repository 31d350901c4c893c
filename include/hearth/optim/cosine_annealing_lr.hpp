/// A learning rate that falls along half a cosine wave.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.CosineAnnealingLR.
struct CosineAnnealingLROptions {
  int T_max = 1;       ///< steps from the first rate to the lowest
  double eta_min = 0;  ///< the lowest rate
};

/// torch.optim.lr_scheduler.CosineAnnealingLR: the learning rate falls to `eta_min` along half a cosine wave of `T_max`
/// steps, and goes on along the wave after that, up again. (Loshchilov and Hutter, "SGDR: Stochastic gradient descent
/// with warm restarts", 2017, without the restarts.) Each rate is computed from the one before, as in Python.
///
///     optim::CosineAnnealingLR scheduler{optimizer, {.T_max = 90}};
template <class Optimizer>
class CosineAnnealingLR {
  static_assert(OptimizerLike<Optimizer>,
                "CosineAnnealingLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when T_max is below 1 or eta_min below 0.
  CosineAnnealingLR(Optimizer& optimizer, CosineAnnealingLROptions options) : options_(options), rates_(optimizer) {
    require(options.T_max >= 1, "CosineAnnealingLR: T_max must be at least 1, but got {}", options.T_max);
    require(std::isfinite(options.eta_min) && options.eta_min >= 0,
            "CosineAnnealingLR: eta_min must be at least 0, but got {}", options.eta_min);
  }

  void step() {
    ++epoch_;
    const double lowest = options_.eta_min;
    if ((epoch_ - 1 - options_.T_max) % (2 * options_.T_max) == 0) {  // the step after a lowest rate: no ratio to it
      const double rise = (1 - std::cos(std::numbers::pi / options_.T_max)) / 2;
      rates_.update([&](double rate, double initial) { return rate + (initial - lowest) * rise; });
    } else {
      const double ratio = wave(epoch_) / wave(epoch_ - 1);
      rates_.update([&](double rate, double) { return ratio * (rate - lowest) + lowest; });
    }
  }

  const std::vector<double>& last_lr() const noexcept { return rates_.last(); }
  const std::vector<double>& initial_lr() const noexcept { return rates_.initial(); }
  Optimizer& optimizer() const noexcept { return rates_.optimizer(); }

  /// Begins anew at epoch 0 with these rates.
  void start(const std::vector<double>& rates) {
    epoch_ = 0;
    rates_.start(rates);
  }

 private:
  double wave(int epoch) const { return 1 + std::cos(std::numbers::pi * epoch / options_.T_max); }

  CosineAnnealingLROptions options_;
  ScheduledRates<Optimizer> rates_;
  int epoch_ = 0;
};

}  // namespace hearth::optim
