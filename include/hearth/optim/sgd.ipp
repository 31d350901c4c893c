#pragma once

#include <hearth/optim/sgd.hpp>

#include <ATen/ops/_fused_sgd.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict SGDRule::python_entries() {
  return {{"foreach", Value()}, {"differentiable", false}};
}

HEARTH_INLINE void SGDRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "momentum", options.momentum);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  core::require(std::isfinite(options.dampening), "SGD: dampening must be a number, but got {}", options.dampening);
  core::require(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
                "SGD: nesterov needs a momentum above 0 and no dampening, but got momentum {} and dampening {}",
                options.momentum, options.dampening);
}

HEARTH_INLINE void SGDRule::step_fused(const FusedCall& call, const Options& options) {
  const auto run = [&](const auto& rate) {
    at::_fused_sgd_(call.parameters, call.gradients, call.state[0], options.weight_decay, options.momentum, rate,
                    options.dampening, options.nesterov, /*maximize=*/false, call.first_step);
  };
  if (call.rate.defined()) {
    run(call.rate);
  } else {
    run(options.lr);
  }
}

HEARTH_INLINE void SGDRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
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

#ifdef HEARTH_COMPILED
template class RuleOptimizer<SGDRule>;
#endif

}  // namespace hearth::optim
