#pragma once

#include <hearth/optim/param_group.hpp>

#include <cmath>
#include <unordered_set>

#include <hearth/core/error.hpp>

namespace hearth::optim {

HEARTH_INLINE void check_at_least_zero(std::string_view optimizer, std::string_view option, double value) {
  core::require(std::isfinite(value) && value >= 0, "{}: {} must be at least 0, but got {}", optimizer, option, value);
}

HEARTH_INLINE void check_parameters(std::string_view optimizer, const ParamLists& groups) {
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const auto& parameters : groups) {
    for (const at::Tensor& parameter : parameters) {
      core::require(parameter.defined(), "{}: a parameter is an undefined tensor", optimizer);
      core::require(
          parameter.is_leaf(),
          "{}: a parameter is the result of a computation (not a leaf tensor); give the tensors that the model owns",
          optimizer);
      core::require(seen.insert(parameter.unsafeGetTensorImpl()).second,
                    "{}: a parameter is given twice; each belongs to one group, once", optimizer);
    }
  }
  core::require(!seen.empty(), "{}: there are no parameters to optimize", optimizer);
}

HEARTH_INLINE void zero_gradients(std::span<const at::Tensor> parameters, bool set_to_none) {
  for (const at::Tensor& parameter : parameters) {
    at::Tensor& gradient = parameter.mutable_grad();
    if (!gradient.defined()) {
      continue;
    }
    if (set_to_none) {
      gradient.reset();
    } else {
      gradient = gradient.detach().zero_();
    }
  }
}

}  // namespace hearth::optim
