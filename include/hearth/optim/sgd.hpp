/// Stochastic gradient descent, with momentum.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/rule_optimizer.hpp>

namespace hearth::optim {

/// The options of torch.optim.SGD.
struct SGDOptions {
  double lr = 1e-3;         ///< learning rate
  double momentum = 0;      ///< share of the momentum buffer that stays at each step
  double dampening = 0;     ///< share of the gradient that is kept out of the momentum buffer
  double weight_decay = 0;  ///< this times the parameter is added to its gradient (L2 penalty)
  bool nesterov = false;    ///< Nesterov momentum; needs a momentum and no dampening
  bool maximize = false;    ///< climbs instead of descending
  /// Steps all parameters by one call of LibTorch's fused kernel where it has one, as torch.optim's fused=True: faster,
  /// and the last bits differ from those that Python's default gives. Unset: on CUDA, but not on the CPU.
  std::optional<bool> fused = {};
};

/// The arithmetic of `SGD`.
struct SGDRule {
  using Options = SGDOptions;
  static constexpr std::string_view name = "SGD";
  static constexpr std::array<std::string_view, 1> state_names{"momentum_buffer"};

  static bool uses(std::size_t, const Options& options) { return options.momentum != 0; }

  static void visit_options(auto& options, auto& visit) {
    visit("lr", options.lr);
    visit("momentum", options.momentum);
    visit("dampening", options.dampening);
    visit("weight_decay", options.weight_decay);
    visit("nesterov", options.nesterov);
    visit("maximize", options.maximize);
    visit("fused", options.fused);
  }

  static Value::Dict python_entries();
  static void check_options(const Options& options);
  static void begin(const at::Tensor&, const at::Tensor&, ParamState&, const Options&) {}
  /// CUDA's kernel does not decay weights while it maximizes as Python does.
  static bool may_fuse(const Options& options) { return !options.maximize; }
  static constexpr bool reads_rate_tensors = true;  ///< the fused kernel does: see RecordableRule
  static void step_fused(const FusedCall& call, const Options& options);
  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                         const Options& options);
};

#ifdef HEARTH_COMPILED
extern template class RuleOptimizer<SGDRule>;
#endif

/// torch.optim.SGD: with gradient g of parameter p, `g += weight_decay · p`, `b = momentum · b + (1 - dampening) · g`
/// (at a parameter's first step `b = g`), `p -= lr · b` (Nesterov: `p -= lr · (g + momentum · b)`). A parameter without
/// a gradient is left alone. Its members are those of `RuleOptimizer`.
///
///     optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
class SGD : public RuleOptimizer<SGDRule> {
 public:
  using RuleOptimizer::RuleOptimizer;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/sgd.ipp>
#endif
