/// LAMB: Adam whose step is fitted to each layer, for large batches.
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

/// The options of LAMB.
struct LAMBOptions {
  double lr = 1e-3;                                ///< learning rate
  std::pair<double, double> betas = {0.9, 0.999};  ///< what stays at each step of the means of gradients and of squares
  double eps = 1e-6;                               ///< is added to the root of the mean square
  double weight_decay = 1e-2;                      ///< this times the parameter is added to its step
  bool adapt = true;      ///< false: the rate is not fitted to the layer, as is usual for biases and norms
  bool maximize = false;  ///< climbs instead of descending
};

/// The arithmetic of `LAMB`.
struct LAMBRule {
  using Options = LAMBOptions;
  static constexpr std::string_view name = "LAMB";
  static constexpr std::array<std::string_view, 3> state_names{"step", "exp_avg", "exp_avg_sq"};

  static bool uses(std::size_t, const Options&) { return true; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("betas", options.betas);
    visit("eps", options.eps);
    visit("weight_decay", options.weight_decay);
    visit("adapt", options.adapt);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<LAMBRule>;
#endif

/// LAMB (You and others, "Large batch optimization for deep learning: Training BERT in 76 minutes", 2020, algorithm 2,
/// φ the identity): with Adam's means m and v of parameter p, `r = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + eps) +
/// weight_decay · p`, `p -= lr · ‖p‖ / ‖r‖ · r`; where one of the norms is 0, their ratio is 1. A parameter tensor is a
/// layer. torch.optim has no LAMB; its state has Adam's layout. A parameter without a gradient is left alone; one with
/// a sparse gradient is an error. Its members are those of `RuleOptimizer`.
///
///     optim::LAMB optimizer{model->parameters(), {.lr = 2e-3, .weight_decay = 0.02}};
class LAMB : public RuleOptimizer<LAMBRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/lamb.ipp>
#endif
