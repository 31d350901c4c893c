/// A learning rate that drops by a factor at given steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.MultiStepLR.
struct MultiStepLROptions {
  std::vector<int> milestones;  ///< the steps that bring a drop; one that is named twice drops twice
  double gamma = 0.1;           ///< what the rate is multiplied by
};

/// torch.optim.lr_scheduler.MultiStepLR: multiplies the learning rate by `gamma` at each of the milestones.
///
///     optim::MultiStepLR scheduler{optimizer, {.milestones = {30, 80}, .gamma = 0.1}};
template <class Optimizer>
class MultiStepLR {
  static_assert(OptimizerLike<Optimizer>,
                "MultiStepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. A milestone of 0 takes effect at once. Throws Error when a milestone or
  /// gamma is below 0.
  MultiStepLR(Optimizer& optimizer, MultiStepLROptions options) : options_(std::move(options)), rates_(optimizer) {
    for (const int milestone : options_.milestones) {
      require(milestone >= 0, "MultiStepLR: milestones must be at least 0, but got {}", milestone);
    }
    require(std::isfinite(options_.gamma) && options_.gamma >= 0, "MultiStepLR: gamma must be at least 0, but got {}",
            options_.gamma);
    drop();
  }

  void step() {
    ++epoch_;
    drop();
  }

  const std::vector<double>& last_lr() const noexcept { return rates_.last(); }
  const std::vector<double>& initial_lr() const noexcept { return rates_.initial(); }
  Optimizer& optimizer() const noexcept { return rates_.optimizer(); }

  /// Begins anew at epoch 0 with these rates.
  void start(const std::vector<double>& rates) {
    epoch_ = 0;
    rates_.start(rates);
    drop();
  }

 private:
  void drop() {
    const auto times = std::count(options_.milestones.begin(), options_.milestones.end(), epoch_);
    const double factor = std::pow(options_.gamma, static_cast<double>(times));
    rates_.update([&](double rate, double) { return rate * factor; });
  }

  MultiStepLROptions options_;
  ScheduledRates<Optimizer> rates_;
  int epoch_ = 0;
};

}  // namespace hearth::optim
