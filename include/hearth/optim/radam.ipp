#pragma once

#include <hearth/optim/radam.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/param_group.hpp>
#include <hearth/optim/single_tensor.hpp>

namespace hearth::optim {

HEARTH_INLINE Value::Dict RAdamRule::python_entries() {
  return {{"foreach", Value()}, {"capturable", false}, {"differentiable", false}};
}

HEARTH_INLINE void RAdamRule::check_options(const Options& options) {
  check_at_least_zero(name, "lr (the learning rate)", options.lr);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  single::check_betas(name, options.betas);
}

HEARTH_INLINE void RAdamRule::begin(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                    const Options& options) {
  single::begin_with_zeros<RAdamRule>(parameter, gradient, state, options);
}

/// torch/optim/radam.py, _single_tensor_radam.
HEARTH_INLINE void RAdamRule::step_alone(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                                         const Options& options) {
  using single::as_real;
  const auto [beta1, beta2] = options.betas;
  const auto count = state[0].add_(1).item<double>();
  if (options.weight_decay != 0 && options.decoupled_weight_decay) {
    parameter.mul_(1 - options.lr * options.weight_decay);
  }
  const at::Tensor direction = as_real(single::direction(parameter, gradient, options.maximize,
                                                         options.decoupled_weight_decay ? 0 : options.weight_decay));
  const at::Tensor exp_avg = as_real(state[1]);
  const at::Tensor exp_avg_sq = as_real(state[2]);
  exp_avg.lerp_(direction, 1 - beta1);
  exp_avg_sq.mul_(beta2).addcmul_(direction, direction, 1 - beta2);
  const double kept = std::pow(beta2, count);
  const double correction = 1 - kept;
  at::Tensor step = exp_avg.div(1 - std::pow(beta1, count)).mul_(options.lr);
  const double longest = 2 / (1 - beta2) - 1;  // the length of the mean of squares, as of a simple moving average
  const double length = longest - 2 * count * kept / correction;
  if (length > 5.0) {
    const double rectified =
        std::pow((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length), 0.5);
    single::take_first_root();
    const at::Tensor root = exp_avg_sq.sqrt().add_(options.eps);
    step.mul_(root.reciprocal_().mul_(std::pow(correction, 0.5))).mul_(rectified);
  }
  as_real(parameter).add_(step, -1.0);
}

#ifdef HEARTH_COMPILED
template class RuleOptimizer<RAdamRule>;
#endif

}  // namespace hearth::optim
