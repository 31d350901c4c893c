/// NAdam: Adam with Nesterov's momentum.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.NAdam.
struct NAdamOptions {
  double lr = 2e-3;                                ///< learning rate
  std::pair<double, double> betas = {0.9, 0.999};  ///< what stays at each step of the means of gradients and of squares
  double eps = 1e-8;                               ///< is added to the root of the mean square
  double weight_decay = 0;                         ///< this times the parameter is added to its gradient (L2 penalty)
  double momentum_decay = 4e-3;                    ///< how fast the momentum grows to the first of betas
  bool decoupled_weight_decay = false;             ///< decays the parameter itself instead, as AdamW does
  bool maximize = false;                           ///< climbs instead of descending
};

/// The arithmetic of `NAdam`.
struct NAdamRule {
  using Options = NAdamOptions;
  static constexpr std::string_view name = "NAdam";
  static constexpr std::array<std::string_view, 4> state_names{"step", "mu_product", "exp_avg", "exp_avg_sq"};

  static bool uses(std::size_t, const Options&) { return true; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("betas", options.betas);
    visit("eps", options.eps);
    visit("weight_decay", options.weight_decay);
    visit("momentum_decay", options.momentum_decay);
    visit("decoupled_weight_decay", options.decoupled_weight_decay);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<NAdamRule>;
#endif

/// torch.optim.NAdam (Dozat, "Incorporating Nesterov momentum into Adam", 2016): with gradient g of parameter p at its
/// step t, m and v Adam's means, μₜ = β₁ · (1 - 0.96^(t · momentum_decay) / 2) and Πₜ the product of μ₁ to μₜ, `p -= lr
/// · ((1 - μₜ) · g / (1 - Πₜ) + μₜ₊₁ · m / (1 - Πₜ₊₁)) / (√(v / (1 - β₂ᵗ)) + eps)`. The decay is Adam's, or AdamW's if
/// decoupled. A parameter without a gradient is left alone; one with a sparse gradient is an error. Its members are
/// those of `RuleOptimizer`.
///
///     optim::NAdam optimizer{model->parameters(), {.lr = 2e-3}};
class NAdam : public RuleOptimizer<NAdamRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/nadam.ipp>
#endif
