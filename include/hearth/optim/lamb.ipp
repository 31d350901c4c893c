#pragma once

#include <hearth/optim/lamb.hpp>

#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict LAMBRule::python_entries() {
  return {};
}

HEARTH_INLINE void LAMBRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  single::check_betas(name, options.betas);
}

HEARTH_INLINE void LAMBRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                   const Options& options) {
  single::begin_with_zeros<LAMBRule>(parameter, gradient, state, options);
}

HEARTH_INLINE void LAMBRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                        const Options& options) {
  using single::as_real;
  const auto [beta1, beta2] = options.betas;
  const auto count = state[0].add_(1).item<double>();
  const at::Tensor direction = as_real(options.maximize ? gradient.neg() : gradient);
  const at::Tensor exp_avg = as_real(state[1]);
  const at::Tensor exp_avg_sq = as_real(state[2]);
  exp_avg.lerp_(direction, 1 - beta1);
  exp_avg_sq.mul_(beta2).addcmul_(direction, direction, 1 - beta2);
  single::take_first_root();
  const at::Tensor root = exp_avg_sq.div(1 - std::pow(beta2, count)).sqrt_().add_(options.eps);
  at::Tensor step = exp_avg.div(1 - std::pow(beta1, count)).div_(root);
  const at::Tensor values = as_real(parameter);
  if (options.weight_decay != 0) {
    step.add_(values, options.weight_decay);
  }
  if (options.adapt) {  // without waiting for the device
    const at::Tensor size = values.norm();
    const at::Tensor step_size = step.norm();
    step.mul_(at::where(size.gt(0).logical_and(step_size.gt(0)), size.div(step_size), at::ones_like(size)));
  }
  values.add_(step, -options.lr);
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<LAMBRule>;
#endif

}  // namespace hearth::optim
