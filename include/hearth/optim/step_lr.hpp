/// A learning rate that drops by a factor at regular steps.
#pragma once

#include <cmath>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.StepLR.
struct StepLROptions {
  int step_size = 1;   ///< steps from one drop to the next
  double gamma = 0.1;  ///< what the rate is multiplied by
};

/// torch.optim.lr_scheduler.StepLR: multiplies the learning rate by `gamma` every `step_size` steps.
///
///     optim::StepLR scheduler{optimizer, {.step_size = 7, .gamma = 0.1}};
template <class Optimizer>
class StepLR {
  static_assert(OptimizerLike<Optimizer>,
                "StepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when step_size is below 1 or gamma below 0.
  StepLR(Optimizer& optimizer, StepLROptions options) : options_(options), rates_(optimizer) {
    require(options.step_size >= 1, "StepLR: step_size must be at least 1, but got {}", options.step_size);
    require(std::isfinite(options.gamma) && options.gamma >= 0, "StepLR: gamma must be at least 0, but got {}",
            options.gamma);
  }

  void step() {
    ++epoch_;
    const double factor = epoch_ % options_.step_size == 0 ? options_.gamma : 1.0;
    rates_.update([&](double rate, double) { return rate * factor; });
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
  StepLROptions options_;
  ScheduledRates<Optimizer> rates_;
  int epoch_ = 0;
};

}  // namespace hearth::optim
