#pragma once

#include <hearth/optim/nadam.hpp>

#include <ATen/ops/ones.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict NAdamRule::python_entries() {
  return {{"foreach", Value()}, {"capturable", false}, {"differentiable", false}};
}

HEARTH_INLINE void NAdamRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  check_at_least_zero(name, "momentum_decay", options.momentum_decay);
  single::check_betas(name, options.betas);
}

HEARTH_INLINE void NAdamRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                    const Options& options) {
  if (!state[1].defined()) {
    state[1] = at::ones({}, at::kFloat);
  }
  single::begin_with_zeros<NAdamRule>(parameter, gradient, state, options);
}

/// torch/optim/nadam.py, _single_tensor_nadam.
HEARTH_INLINE void NAdamRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                         const Options& options) {
  using single::as_real;
  const auto [beta1, beta2] = options.betas;
  const auto count = state[0].add_(1).item<double>();
  if (options.weight_decay != 0 && options.decoupled_weight_decay) {
    parameter.mul_(1 - options.lr * options.weight_decay);
  }
  const at::Tensor direction = as_real(single::direction(parameter, gradient, options.maximize,
                                                         options.decoupled_weight_decay ? 0 : options.weight_decay));
  const auto momentum_at = [&, beta = beta1](double step) {
    return beta * (1.0 - 0.5 * std::pow(0.96, step * options.momentum_decay));
  };
  const double momentum = momentum_at(count);
  const double next_momentum = momentum_at(count + 1);
  const auto product = state[1].mul_(momentum).item<double>();
  const at::Tensor exp_avg = as_real(state[2]);
  const at::Tensor exp_avg_sq = as_real(state[3]);
  exp_avg.lerp_(direction, 1 - beta1);
  exp_avg_sq.mul_(beta2).addcmul_(direction, direction, 1 - beta2);
  single::take_first_root();
  const at::Tensor root = exp_avg_sq.div(1 - std::pow(beta2, count)).sqrt_().add_(options.eps);
  as_real(parameter)
      .addcdiv_(direction, root, -options.lr * (1.0 - momentum) / (1.0 - product))
      .addcdiv_(exp_avg, root, -options.lr * next_momentum / (1.0 - product * next_momentum));
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<NAdamRule>;
#endif

}  // namespace hearth::optim
