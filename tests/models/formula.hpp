/// Numbers that Python and C++ compute alike, to the last bit: the weights and inputs of the reference values.
/// formula.py is the other side.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <cstdint>

#include <hearth/weights/module_state.hpp>

namespace formula {

/// Number `index` of a stream: in [-0.5, 0.5), random in looks.
inline double number(std::uint64_t stream, std::uint64_t index) {
  std::uint64_t x = ((index + 7919 * stream + 1) * 2654435761U) & 0xFFFFFFFF;
  x ^= x >> 16;
  x = (x * 0x45D9F3B) & 0xFFFFFFFF;
  x ^= x >> 16;
  return static_cast<double>(x) / 4294967296.0 - 0.5;
}

inline torch::Tensor tensor(std::uint64_t stream, at::IntArrayRef sizes, double scale = 1, double offset = 0) {
  torch::Tensor result = torch::empty(sizes, torch::kFloat);
  float* const values = result.data_ptr<float>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    values[i] = static_cast<float>(offset + scale * number(stream, static_cast<std::uint64_t>(i)));
  }
  return result;
}

/// Gives every parameter and buffer values of which a deep network's output stays within bounds.
inline void fill(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  std::uint64_t stream = 0;
  for (const auto& [name, value] : hearth::state_dict(module)) {
    if (!value.is_floating_point()) {
      // counts and indices stay
    } else if (value.dim() >= 2) {
      const std::int64_t fan = value.dim() == 2 ? value.size(1) : value.numel() / value.size(1);
      value.copy_(tensor(stream, value.sizes(), std::sqrt(24.0 / static_cast<double>(fan))));
    } else if (name.ends_with("running_var")) {
      value.copy_(tensor(stream, value.sizes(), 0.5, 1.0));
    } else if (name.ends_with("weight")) {
      value.copy_(tensor(stream, value.sizes(), 0.4, 0.6));
    } else if (value.dim() == 1) {
      value.copy_(tensor(stream, value.sizes(), 0.2));
    }
    ++stream;
  }
}

}  // namespace formula
