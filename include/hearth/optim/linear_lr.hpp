/// A learning rate that goes linearly from one share of itself to another: a warm-up, most of the time.
#pragma once

#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.LinearLR.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< share of the rate at the first step, above 0 and at most 1
  double end_factor = 1.0;        ///< share of the rate from step `total_iters` on, from 0 to 1
  int total_iters = 5;            ///< steps from the first share to the last
};

/// torch.optim.lr_scheduler.LinearLR: the learning rate times a factor that goes linearly from `start_factor` to
/// `end_factor` in `total_iters` steps and stays there.
///
///     optim::LinearLR warm_up{optimizer, {.start_factor = 0.1, .total_iters = 5}};
template <class Optimizer>
class LinearLR {
  static_assert(OptimizerLike<Optimizer>,
                "LinearLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// Multiplies the optimizer's rates by `start_factor` at once. The optimizer must outlive the scheduler. Throws Error
  /// when a factor is out of its range or total_iters is below 1.
  explicit LinearLR(Optimizer& optimizer, LinearLROptions options = {}) : options_(options), rates_(optimizer) {
    require(options.start_factor > 0 && options.start_factor <= 1,
            "LinearLR: start_factor must be above 0 and at most 1, but got {}", options.start_factor);
    require(options.end_factor >= 0 && options.end_factor <= 1,
            "LinearLR: end_factor must be between 0 and 1, but got {}", options.end_factor);
    require(options.total_iters >= 1, "LinearLR: total_iters must be at least 1, but got {}", options.total_iters);
    begin();
  }

  void step() {
    ++epoch_;
    double factor = 1.0;
    if (epoch_ <= options_.total_iters) {
      const double rise = options_.end_factor - options_.start_factor;
      factor += rise / (options_.total_iters * options_.start_factor + (epoch_ - 1) * rise);
    }
    rates_.update([&](double rate, double) { return rate * factor; });
  }

  const std::vector<double>& last_lr() const noexcept { return rates_.last(); }
  const std::vector<double>& initial_lr() const noexcept { return rates_.initial(); }
  Optimizer& optimizer() const noexcept { return rates_.optimizer(); }

  /// Begins anew at epoch 0 with these rates.
  void start(const std::vector<double>& rates) {
    epoch_ = 0;
    rates_.start(rates);
    begin();
  }

 private:
  void begin() {
    rates_.update([&](double rate, double) { return rate * options_.start_factor; });
  }

  LinearLROptions options_;
  ScheduledRates<Optimizer> rates_;
  int epoch_ = 0;
};

}  // namespace hearth::optim
