/// Stochastic gradient descent, with momentum.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/_fused_sgd.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/fused_call.hpp>
#include <hearth/optim/param_group.hpp>
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

  template <class ConstOrNot, class Visit>
  static void visit_options(ConstOrNot& options, Visit visit) {
    visit("lr", options.lr);
    visit("momentum", options.momentum);
    visit("dampening", options.dampening);
    visit("weight_decay", options.weight_decay);
    visit("nesterov", options.nesterov);
    visit("maximize", options.maximize);
    visit("fused", options.fused);
  }

  static Value::Dict python_entries() { return {{"foreach", Value()}, {"differentiable", false}}; }

  static void check_options(const Options& options) {
    check_at_least_zero(name, "lr (the learning rate)", options.lr);
    check_at_least_zero(name, "momentum", options.momentum);
    check_at_least_zero(name, "weight_decay", options.weight_decay);
    core::require(std::isfinite(options.dampening), "SGD: dampening must be a number, but got {}", options.dampening);
    core::require(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
                  "SGD: nesterov needs a momentum above 0 and no dampening, but got momentum {} and dampening {}",
                  options.momentum, options.dampening);
  }

  static void begin(const at::Tensor&, const at::Tensor&, std::array<at::Tensor, 1>&, const Options&) {}

  /// CUDA's kernel does not decay weights while it maximizes as Python does.
  static bool may_fuse(const Options& options) { return !options.maximize; }

  static void step_fused(const FusedCall<1>& call, const Options& options) {
    at::_fused_sgd_(call.parameters, call.gradients, call.state[0], options.weight_decay, options.momentum, options.lr,
                    options.dampening, options.nesterov, /*maximize=*/false, call.first_step);
  }

  static void step_alone(const at::Tensor& parameter, const at::Tensor& gradient, std::array<at::Tensor, 1>& state,
                         const Options& options) {
    at::Tensor direction = options.maximize ? gradient.neg() : gradient;
    if (options.weight_decay != 0) {
      direction = direction.add(parameter, options.weight_decay);
    }
    if (options.momentum != 0) {
      at::Tensor& momentum = state[0];
      if (momentum.defined()) {
        momentum.mul_(options.momentum).add_(direction, 1 - options.dampening);
      } else {
        momentum = direction.clone();
      }
      direction = options.nesterov ? direction.add(momentum, options.momentum) : momentum;
    }
    parameter.add_(direction, -options.lr);
  }
};

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
