#pragma once

#include <hearth/optim/adam_rule.hpp>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/maximum.h>

#include <cmath>

#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

template <class SomeOptions>
Value::Dict AdamRule<SomeOptions>::python_entries() {
  return {{"foreach", Value()}, {"capturable", false}, {"differentiable", false}};
}

template <class SomeOptions>
void AdamRule<SomeOptions>::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  single::check_betas(name, options.betas);
}

template <class SomeOptions>
void AdamRule<SomeOptions>::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                  const Options& options) {
  single::begin_with_zeros<AdamRule>(parameter, gradient, state, options);
}

template <class SomeOptions>
void AdamRule<SomeOptions>::step_fused(const FusedCall& call, const Options& options) {
  at::_foreach_add_(call.state[0], 1);
  const auto run_with = [&](const auto& kernel, const auto& rate) {
    kernel(call.parameters, call.gradients, call.state[1], call.state[2], call.state[3], call.state[0], rate,
           options.betas.first, options.betas.second, options.weight_decay, options.eps, options.amsgrad,
           options.maximize);
  };
  const auto run = [&](const auto& kernel) {
    if (call.rate.defined()) {
      run_with(kernel, call.rate);
    } else {
      run_with(kernel, options.lr);
    }
  };
  if (is_decoupled(options)) {
    run([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    run([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
}

/// torch/optim/adam.py, _single_tensor_adam.
template <class SomeOptions>
void AdamRule<SomeOptions>::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                       const Options& options) {
  const auto [beta1, beta2] = options.betas;
  const auto count = state[0].add_(1).template item<double>();
  at::Tensor direction = options.maximize ? gradient.neg() : gradient;
  if (options.weight_decay != 0 && is_decoupled(options)) {
    parameter.mul_(1 - options.lr * options.weight_decay);
  } else if (options.weight_decay != 0) {
    direction = direction.add(parameter, options.weight_decay);
  }
  using single::as_real;
  direction = as_real(direction);
  const at::Tensor exp_avg = as_real(state[1]);
  const at::Tensor exp_avg_sq = as_real(state[2]);
  exp_avg.lerp_(direction, 1 - beta1);
  exp_avg_sq.mul_(beta2).addcmul_(direction, direction, 1 - beta2);
  at::Tensor square = exp_avg_sq;
  if (options.amsgrad) {
    square = as_real(state[3]);
    at::maximum_out(square, square, exp_avg_sq);
  }
  single::take_first_root();
  const at::Tensor root = square.sqrt().div_(std::sqrt(1 - std::pow(beta2, count))).add_(options.eps);
  as_real(parameter).addcdiv_(exp_avg, root, -options.lr / (1 - std::pow(beta1, count)));
}

}  // namespace hearth::optim
