/// AdamW: Adam whose weight decay is no part of the gradient.
#pragma once

#include <optional>
#include <utility>

#include <hearth/optim/adam_rule.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.AdamW.
struct AdamWOptions {
  double lr = 1e-3;                                ///< learning rate
  std::pair<double, double> betas = {0.9, 0.999};  ///< what stays at each step of the means of gradients and of squares
  double eps = 1e-8;                               ///< is added to the root of the mean square
  double weight_decay = 1e-2;                      ///< the parameter loses lr times this of itself at each step
  bool amsgrad = false;                            ///< divides by the root of the largest mean square so far
  bool maximize = false;                           ///< climbs instead of descending
  /// Steps all parameters by one call of LibTorch's fused kernel where it has one, as torch.optim's fused=True: faster,
  /// and the last bits differ from those that Python's default gives. Unset: on CUDA, but not on the CPU.
  std::optional<bool> fused = {};
};

#ifdef HEARTH_COMPILED
extern template struct AdamRule<AdamWOptions>;
extern template class RuleOptimizer<AdamRule<AdamWOptions>>;
#endif

/// torch.optim.AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019). `AdamRule` has the
/// arithmetic. A parameter without a gradient is left alone; one with a sparse gradient is an error. Its members are
/// those of `RuleOptimizer`.
///
///     optim::AdamW optimizer{model->parameters(), {.lr = 1e-3, .weight_decay = 0.05}};
class AdamW : public RuleOptimizer<AdamRule<AdamWOptions>> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim
