/// Gradients that are let go.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace hearth::train {

/// Drops the gradients of these parameters.
inline void drop_gradients(const std::vector<at::Tensor>& parameters) {
  for (const at::Tensor& parameter : parameters) {
    parameter.mutable_grad() = at::Tensor();
  }
}

}  // namespace hearth::train
