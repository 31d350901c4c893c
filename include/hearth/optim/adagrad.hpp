/// Adagrad: gradients divided by the root of the sum of all their squares.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.Adagrad.
struct AdagradOptions {
  double lr = 1e-2;                      ///< learning rate
  double lr_decay = 0;                   ///< at step t the rate is lr / (1 + (t - 1) · lr_decay)
  double weight_decay = 0;               ///< this times the parameter is added to its gradient (L2 penalty)
  double initial_accumulator_value = 0;  ///< what the sum of squares begins with
  double eps = 1e-10;                    ///< is added to the root of the sum
  bool maximize = false;                 ///< climbs instead of descending
};

/// The arithmetic of `Adagrad`.
struct AdagradRule {
  using Options = AdagradOptions;
  static constexpr std::string_view name = "Adagrad";
  static constexpr std::array<std::string_view, 2> state_names{"step", "sum"};

  static bool uses(std::size_t, const Options&) { return true; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("lr_decay", options.lr_decay);
    visit("weight_decay", options.weight_decay);
    visit("initial_accumulator_value", options.initial_accumulator_value);
    visit("eps", options.eps);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<AdagradRule>;
#endif

/// torch.optim.Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", 2011): with gradient g of parameter p at its step t, `g += weight_decay · p`, `s += g²`,
/// `p -= lr / (1 + (t - 1) · lr_decay) · g / (√s + eps)`. A parameter without a gradient is left alone; one with a
/// sparse gradient is an error. Its members are those of `RuleOptimizer`.
///
///     optim::Adagrad optimizer{model->parameters(), {.lr = 1e-2}};
class Adagrad : public RuleOptimizer<AdagradRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/adagrad.ipp>
#endif
