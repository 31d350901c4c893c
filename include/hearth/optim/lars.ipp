#pragma once

#include <hearth/optim/lars.hpp>

#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict LARSRule::python_entries() {
  return {};
}

HEARTH_INLINE void LARSRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "momentum", options.momentum);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  check_at_least_zero(name, "trust_coefficient", options.trust_coefficient);
  check_at_least_zero(name, "eps", options.eps);
}

HEARTH_INLINE void LARSRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                   const Options& options) {
  single::begin_with_zeros<LARSRule>(parameter, gradient, state, options);
}

HEARTH_INLINE void LARSRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                        const Options& options) {
  using single::as_real;
  const at::Tensor values = as_real(parameter);
  const at::Tensor direction = as_real(options.maximize ? gradient.neg() : gradient);
  at::Tensor step = direction.add(values, options.weight_decay);
  if (options.adapt) {  // without waiting for the device
    const at::Tensor size = values.norm();
    const at::Tensor gradient_size = direction.norm();
    const at::Tensor ratio =
        size.mul(options.trust_coefficient).div_(gradient_size.add(size, options.weight_decay).add_(options.eps));
    step.mul_(at::where(size.gt(0).logical_and(gradient_size.gt(0)), ratio, at::ones_like(ratio)));
  }
  const at::Tensor momentum = as_real(state[0]);
  momentum.mul_(options.momentum).add_(step, options.lr);
  values.sub_(momentum);
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<LARSRule>;
#endif

}  // namespace hearth::optim
