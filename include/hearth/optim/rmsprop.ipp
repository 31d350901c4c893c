#pragma once

#include <hearth/optim/rmsprop.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict RMSpropRule::python_entries() {
  return {{"foreach", Value()}, {"capturable", false}, {"differentiable", false}};
}

HEARTH_INLINE void RMSpropRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "alpha", options.alpha);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  check_at_least_zero(name, "momentum", options.momentum);
}

HEARTH_INLINE void RMSpropRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                      const Options& options) {
  single::begin_with_zeros<RMSpropRule>(parameter, gradient, state, options);
}

/// torch/optim/rmsprop.py, _single_tensor_rmsprop.
HEARTH_INLINE void RMSpropRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                           const Options& options) {
  using single::as_real;
  state[0].add_(1);
  const at::Tensor direction = as_real(single::direction(parameter, gradient, options.maximize, options.weight_decay));
  const at::Tensor square_avg = as_real(state[1]);
  square_avg.mul_(options.alpha).addcmul_(direction, direction, 1 - options.alpha);
  single::take_first_root();
  at::Tensor root;
  if (options.centered) {
    const at::Tensor grad_avg = as_real(state[3]);
    grad_avg.lerp_(direction, 1 - options.alpha);
    root = square_avg.addcmul(grad_avg, grad_avg, -1).sqrt_();
  } else {
    root = square_avg.sqrt();
  }
  root.add_(options.eps);
  if (options.momentum > 0) {
    const at::Tensor buffer = as_real(state[2]);
    buffer.mul_(options.momentum).addcdiv_(direction, root);
    as_real(parameter).add_(buffer, -options.lr);
  } else {
    as_real(parameter).addcdiv_(direction, root, -options.lr);
  }
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<RMSpropRule>;
#endif

}  // namespace hearth::optim
