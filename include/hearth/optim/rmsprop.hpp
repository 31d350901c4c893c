/// RMSprop: gradients divided by the root of their mean square.
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

/// The options of torch.optim.RMSprop.
struct RMSpropOptions {
  double lr = 1e-2;         ///< learning rate
  double alpha = 0.99;      ///< what stays at each step of the mean square
  double eps = 1e-8;        ///< is added to the root of the mean square
  double weight_decay = 0;  ///< this times the parameter is added to its gradient (L2 penalty)
  double momentum = 0;      ///< share of the momentum buffer that stays at each step
  bool centered = false;    ///< divides by the root of the variance instead
  bool maximize = false;    ///< climbs instead of descending
};

/// The arithmetic of `RMSprop`.
struct RMSpropRule {
  using Options = RMSpropOptions;
  static constexpr std::string_view name = "RMSprop";
  static constexpr std::array<std::string_view, 4> state_names{"step", "square_avg", "momentum_buffer", "grad_avg"};

  static bool uses(std::size_t kind, const Options& options) {
    return kind < 2 || (kind == 2 ? options.momentum > 0 : options.centered);
  }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("alpha", options.alpha);
    visit("eps", options.eps);
    visit("weight_decay", options.weight_decay);
    visit("momentum", options.momentum);
    visit("centered", options.centered);
    visit("maximize", options.maximize);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<RMSpropRule>;
#endif

/// torch.optim.RMSprop (Hinton's lecture; centered: Graves, "Generating sequences with recurrent neural networks",
/// 2013): with gradient g of parameter p, `g += weight_decay · p`, `v = alpha · v + (1 - alpha) · g²`, `p -= lr · g /
/// (√v + eps)`; centered, v less the square of the mean gradient stands under the root; with momentum, `b = momentum ·
/// b + g / (√v + eps)` and `p -= lr · b`. A parameter without a gradient is left alone; one with a sparse gradient is
/// an error. Its members are those of `RuleOptimizer`.
///
///     optim::RMSprop optimizer{model->parameters(), {.lr = 1e-3, .momentum = 0.9}};
class RMSprop : public RuleOptimizer<RMSpropRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/rmsprop.ipp>
#endif
