#pragma once

#include <hearth/losses/pair.hpp>

#include <fmt/ranges.h>

#include <hearth/core/error.hpp>

namespace hearth::losses {

HEARTH_INLINE Pair pair(std::string_view component, const at::Tensor& outputs, const at::Tensor& targets) {
  const bool one_column =
      outputs.dim() == 2 && outputs.size(1) == 1 && targets.dim() == 1 && outputs.size(0) == targets.size(0);
  core::require(one_column || outputs.sizes() == targets.sizes(),
                "{}: outputs and targets must have the same shape, but got outputs [{}] and targets [{}]", component,
                fmt::join(outputs.sizes(), ", "), fmt::join(targets.sizes(), ", "));
  core::require(outputs.is_floating_point(), "{}: outputs must be floating-point numbers, but got the type {}",
                component, c10::toString(outputs.scalar_type()));
  const at::ScalarType type = outputs.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return {(one_column ? outputs.squeeze(1) : outputs).to(type), targets.to(type)};
}

}  // namespace hearth::losses
