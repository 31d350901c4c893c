/// Adam: steps as large as the mean of a parameter's gradients is against their spread.
#pragma once

#include <optional>
#include <utility>

#include <hearth/optim/adam_rule.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.Adam.
struct AdamOptions {
  double lr = 1e-3;                                ///< learning rate
  std::pair<double, double> betas = {0.9, 0.999};  ///< what stays at each step of the means of gradients and of squares
  double eps = 1e-8;                               ///< is added to the root of the mean square
  double weight_decay = 0;                         ///< this times the parameter is added to its gradient (L2 penalty)
  bool amsgrad = false;                            ///< divides by the root of the largest mean square so far
  bool maximize = false;                           ///< climbs instead of descending
  bool decoupled_weight_decay = false;             ///< decays the parameter itself instead, as AdamW does
  /// Steps all parameters by one call of LibTorch's fused kernel where it has one, as torch.optim's fused=True: faster,
  /// and the last bits differ from those that Python's default gives. Unset: on CUDA, but not on the CPU.
  std::optional<bool> fused = {};
};

#ifdef HEARTH_COMPILED
extern template struct AdamRule<AdamOptions>;
extern template class RuleOptimizer<AdamRule<AdamOptions>>;
#endif

/// torch.optim.Adam (Kingma and Ba, "Adam: A method for stochastic optimization", 2015; amsgrad: Reddi, Kale and Kumar,
/// "On the convergence of Adam and beyond", 2018). `AdamRule` has the arithmetic. A parameter without a gradient is
/// left alone; one with a sparse gradient is an error. Its members are those of `RuleOptimizer`.
///
///     optim::Adam optimizer{model->parameters(), {.lr = 1e-3, .betas = {0.9, 0.99}}};
class Adam : public RuleOptimizer<AdamRule<AdamOptions>> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim
