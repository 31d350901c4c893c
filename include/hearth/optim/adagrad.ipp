#pragma once

#include <hearth/optim/adagrad.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict AdagradRule::python_entries() {
  return {{"foreach", Value()}, {"differentiable", false}, {"fused", Value()}};
}

HEARTH_INLINE void AdagradRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "lr_decay", options.lr_decay);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  check_at_least_zero(name, "initial_accumulator_value", options.initial_accumulator_value);
  check_at_least_zero(name, "eps", options.eps);
}

HEARTH_INLINE void AdagradRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                      const Options& options) {
  single::check_dense(name, gradient);
  if (!state[0].defined()) {
    state[0] = at::zeros({}, at::kFloat);
  }
  if (!state[1].defined()) {
    state[1] = at::zeros_like(parameter);
    single::as_real(state[1]).fill_(options.initial_accumulator_value);
  }
}

/// torch/optim/adagrad.py, _single_tensor_adagrad.
HEARTH_INLINE void AdagradRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                           const Options& options) {
  using single::as_real;
  const auto count = state[0].add_(1).item<double>();
  const at::Tensor direction = as_real(single::direction(parameter, gradient, options.maximize, options.weight_decay));
  const double rate = options.lr / (1 + (count - 1) * options.lr_decay);
  const at::Tensor sum = as_real(state[1]);
  sum.addcmul_(direction, direction, 1);
  single::take_first_root();
  as_real(parameter).addcdiv_(direction, sum.sqrt().add_(options.eps), -rate);
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<AdagradRule>;
#endif

}  // namespace hearth::optim
