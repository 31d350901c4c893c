/// A learning rate that drops by a factor at given steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.MultiStepLR.
struct MultiStepLROptions {
  std::vector<int> milestones;  ///< the steps that bring a drop; one that is named twice drops twice
  double gamma = 0.1;           ///< what the rate is multiplied by
};

/// The arithmetic of `MultiStepLR`.
struct MultiStepLRRule {
  using Options = MultiStepLROptions;
  static constexpr std::string_view name = "MultiStepLR";

  template <class ConstOrNot, class Visit>
  static void visit_options(ConstOrNot& options, Visit visit) {
    visit("milestones", options.milestones);
    visit("gamma", options.gamma);
  }

  static void check_options(const Options& options) {
    for (const int milestone : options.milestones) {
      core::require(milestone >= 0, "MultiStepLR: milestones must be at least 0, but got {}", milestone);
    }
    core::require(std::isfinite(options.gamma) && options.gamma >= 0,
                  "MultiStepLR: gamma must be at least 0, but got {}", options.gamma);
  }

  static double next_rate(const Options& options, int epoch, double rate, double) {
    const auto times = std::count(options.milestones.begin(), options.milestones.end(), epoch);
    return rate * std::pow(options.gamma, static_cast<double>(times));
  }
};

/// torch.optim.lr_scheduler.MultiStepLR: multiplies the learning rate by `gamma` at each of the milestones.
///
///     optim::MultiStepLR scheduler{optimizer, {.milestones = {30, 80}, .gamma = 0.1}};
///
/// Python keeps the milestones of a state as a collections.Counter. They are written as a dict, with which Python goes
/// on alike, and not at all before its turn in a SequentialLR has come, when Python needs its own Counter.
template <class Optimizer>
class MultiStepLR : public RuleScheduler<MultiStepLRRule, Optimizer> {
  static_assert(OptimizerLike<Optimizer>,
                "MultiStepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. A milestone of 0 takes effect at once. Throws Error when a milestone or
  /// gamma is below 0.
  MultiStepLR(Optimizer& optimizer, MultiStepLROptions options)
      : RuleScheduler<MultiStepLRRule, Optimizer>(optimizer, std::move(options)) {}
};

}  // namespace hearth::optim
