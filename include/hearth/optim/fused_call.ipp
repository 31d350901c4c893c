#pragma once

#include <hearth/optim/fused_call.hpp>

#include <ATen/ops/empty_like.h>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth::optim {

namespace detail {

/// Whether the gradient or state lies in memory as its parameter does, so that a fused kernel may walk through both.
HEARTH_INLINE bool lies_alike(const at::Tensor& parameter, const at::Tensor& other) {
  return other.layout() == at::kStrided && other.device() == parameter.device() &&
         other.scalar_type() == parameter.scalar_type() && other.sizes() == parameter.sizes() &&
         other.strides() == parameter.strides();
}

}  // namespace detail

HEARTH_INLINE void move_state(std::string_view optimizer, StateNames names, const at::Tensor& parameter,
                              ParamState& state) {
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    at::Tensor& tensor = state[kind];
    if (!tensor.defined() || is_count(names[kind])) {
      continue;
    }
    core::require(parameter.sizes() == tensor.sizes(),
                  "{}: a parameter of {} numbers has a {} of {}; was its shape changed after the optimizer was made? "
                  "Replace a model's head first, then make the optimizer",
                  optimizer, parameter.numel(), names[kind], tensor.numel());
    if (tensor.device() != parameter.device() || tensor.scalar_type() != parameter.scalar_type()) {
      tensor = tensor.to(parameter.device(), parameter.scalar_type());
    }
  }
}

HEARTH_INLINE void move_step_counts(StateNames names, ParamState& state, at::Device device) {
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    if (is_count(names[kind]) && state[kind].device() != device) {
      state[kind] = state[kind].to(device);
    }
  }
}

HEARTH_INLINE bool fits_fused_kernel(StateNames names, const std::vector<bool>& used, const at::Tensor& parameter,
                                     const at::Tensor& gradient, const ParamState& state) {
  const at::ScalarType type = parameter.scalar_type();
  const bool has_kernel = (parameter.is_cpu() && (type == at::kFloat || type == at::kDouble)) ||
                          (parameter.is_cuda() && at::isFloatingType(type));
  if (!has_kernel || parameter.layout() != at::kStrided || !parameter.is_non_overlapping_and_dense() ||
      !detail::lies_alike(parameter, gradient)) {
    return false;
  }
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    if (used[kind] && !is_count(names[kind]) && state[kind].defined() && !detail::lies_alike(parameter, state[kind])) {
      return false;
    }
  }
  return true;
}

HEARTH_INLINE void add_to_calls(std::vector<FusedCall>& calls, StateNames names, const std::vector<bool>& used,
                                const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state) {
  bool first_step = false;
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    if (used[kind] && !state[kind].defined()) {
      state[kind] = at::empty_like(gradient);
      first_step = true;
    }
  }
  move_step_counts(names, state, parameter.device());
  auto call = std::find_if(calls.begin(), calls.end(), [&](const FusedCall& other) {
    return other.device == parameter.device() && other.type == parameter.scalar_type() &&
           other.first_step == first_step;
  });
  if (call == calls.end()) {
    call = calls.insert(
        call, FusedCall{.device = parameter.device(), .type = parameter.scalar_type(), .first_step = first_step});
    call->state.resize(names.size());
  }
  call->parameters.push_back(parameter);
  call->gradients.push_back(gradient);
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    if (used[kind]) {
      call->state[kind].push_back(state[kind]);
    }
  }
}

}  // namespace hearth::optim
