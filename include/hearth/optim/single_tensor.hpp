/// What the rules share that step one parameter at a time. Only their definitions include this.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/view_as_real.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/optim/fused_call.hpp>

namespace hearth::optim::single {

/// The tensor, or a complex one's pairs of numbers.
inline at::Tensor as_real(const at::Tensor& tensor) {
  return tensor.is_complex() ? at::view_as_real(tensor) : tensor;
}

/// To be called before the first root: in that call several threads may come by different kernels of MKL, with other
/// last bits, and about one process in 200 would train differently. One element is one thread.
inline void take_first_root() {
  [[maybe_unused]] static const auto first_root = at::ones({1}).sqrt().item<double>();
}

inline void check_dense(std::string_view optimizer, const at::Tensor& gradient) {
  core::require(gradient.layout() == at::kStrided, "{}: a parameter has a sparse gradient, by which only SGD steps",
                optimizer);
}

inline void check_betas(std::string_view optimizer, const std::pair<double, double>& betas) {
  for (const double beta : {betas.first, betas.second}) {
    core::require(beta >= 0 && beta < 1, "{}: betas must be at least 0 and below 1, but got {} and {}", optimizer,
                  betas.first, betas.second);
  }
}

/// Zeros where the rule's options call for state that is not there yet.
template <class Rule>
void begin_with_zeros(const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state,
                      const typename Rule::Options& options) {
  check_dense(Rule::name, gradient);
  for (std::size_t kind = 0; kind < state.size(); ++kind) {
    if (!state[kind].defined() && Rule::uses(kind, options)) {
      state[kind] = is_count(Rule::state_names[kind]) ? at::zeros({}, at::kFloat) : at::zeros_like(parameter);
    }
  }
}

/// The gradient that a step follows: turned where it climbs, with the penalty of a decay that is not decoupled.
inline at::Tensor direction(const at::Tensor& parameter, const at::Tensor& gradient, bool maximize,
                            double weight_decay) {
  const at::Tensor direction = maximize ? gradient.neg() : gradient;
  return weight_decay != 0 ? direction.add(parameter, weight_decay) : direction;
}

}  // namespace hearth::optim::single
