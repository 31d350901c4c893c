#pragma once

#include <hearth/optim/clip_gradients.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/add.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/optim/tensor_groups.hpp>

namespace hearth::optim {

namespace detail {

/// The gradients of the parameters that have one, by device and type.
HEARTH_INLINE std::vector<grouping::TensorGroup> gradient_groups(std::string_view function,
                                                                 std::span<const at::Tensor> parameters) {
  std::vector<grouping::TensorGroup> groups;
  for (const at::Tensor& parameter : parameters) {
    const at::Tensor& gradient = parameter.grad();
    if (gradient.defined()) {
      core::require(gradient.layout() == at::kStrided, "{}: a parameter has a sparse gradient, which cannot be clipped",
                    function);
      grouping::add(groups, {gradient});
    }
  }
  return groups;
}

}  // namespace detail

HEARTH_INLINE at::Tensor clip_grad_norm(std::span<const at::Tensor> parameters, double max_norm, double norm_type) {
  core::require(max_norm >= 0, "clip_grad_norm: max_norm must be at least 0, but got {}", max_norm);
  core::require(!std::isnan(norm_type), "clip_grad_norm: norm_type must be a number, but got {}", norm_type);
  const at::NoGradGuard no_grad;
  std::vector<grouping::TensorGroup> groups = detail::gradient_groups("clip_grad_norm", parameters);
  if (groups.empty()) {
    return at::zeros({});
  }
  const at::Device device = groups.front().device;
  std::vector<at::Tensor> norms;
  for (const grouping::TensorGroup& group : groups) {
    for (const at::Tensor& norm : at::_foreach_norm(group.lists[0], norm_type)) {
      norms.push_back(norm.to(device, /*non_blocking=*/true));
    }
  }
  at::Tensor total = at::linalg_vector_norm(at::stack(norms), norm_type);
  if (!std::isinf(max_norm)) {
    // At most 1: to multiply by 1 costs less than to wait for the norm.
    const at::Tensor factor =
        at::clamp(at::mul(at::reciprocal(at::add(total, 1e-6)), max_norm), /*min=*/std::nullopt, /*max=*/1.0);
    for (grouping::TensorGroup& group : groups) {
      at::_foreach_mul_(group.lists[0], factor.to(group.device, /*non_blocking=*/true));
    }
  }
  return total;
}

HEARTH_INLINE void clip_grad_value(std::span<const at::Tensor> parameters, double clip) {
  core::require(clip >= 0, "clip_grad_value: clip must be at least 0, but got {}", clip);
  const at::NoGradGuard no_grad;
  for (grouping::TensorGroup& group : detail::gradient_groups("clip_grad_value", parameters)) {
    at::_foreach_clamp_min_(group.lists[0], -clip);
    at::_foreach_clamp_max_(group.lists[0], clip);
  }
}

}  // namespace hearth::optim
