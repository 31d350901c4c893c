/// Parameters gathered for LibTorch's fused optimizer kernels, each of which steps many of them with one call.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace hearth::optim {

/// Tensors that one call of a fused kernel takes together: in every list, the i-th belongs to the i-th parameter.
/// `state` has a list for each kind of tensor that the optimizer keeps; it is empty where the kernel takes none.
template <std::size_t kinds>
struct FusedCall {
  at::Device device;
  at::ScalarType type;
  bool first_step;  ///< the state is made by this step
  std::vector<at::Tensor> parameters = {};
  std::vector<at::Tensor> gradients = {};
  std::array<std::vector<at::Tensor>, kinds> state = {};
};

/// The call that takes parameters of this device and type, at their first step or later; a new one if there is none.
template <std::size_t kinds>
FusedCall<kinds>& call_for(std::vector<FusedCall<kinds>>& calls, const at::Tensor& parameter, bool first_step) {
  const auto found = std::find_if(calls.begin(), calls.end(), [&](const FusedCall<kinds>& call) {
    return call.device == parameter.device() && call.type == parameter.scalar_type() && call.first_step == first_step;
  });
  return found != calls.end()
             ? *found
             : calls.emplace_back(FusedCall<kinds>{
                   .device = parameter.device(), .type = parameter.scalar_type(), .first_step = first_step});
}

/// Whether the parameter may go into a fused call: the kernels walk through memory, so it must lie there without gaps,
/// and the CPU's round half precision otherwise than single operations do.
inline bool has_fused_kernel(const at::Tensor& parameter) {
  const at::ScalarType type = parameter.scalar_type();
  return ((parameter.is_cpu() && (type == at::kFloat || type == at::kDouble)) ||
          (parameter.is_cuda() && at::isFloatingType(type))) &&
         parameter.layout() == at::kStrided && parameter.is_non_overlapping_and_dense();
}

/// Whether the gradient or state lies in memory as its parameter does, so that a fused kernel may walk through both.
inline bool lies_alike(const at::Tensor& parameter, const at::Tensor& other) {
  return other.layout() == at::kStrided && other.device() == parameter.device() &&
         other.scalar_type() == parameter.scalar_type() && other.sizes() == parameter.sizes() &&
         other.strides() == parameter.strides();
}

}  // namespace hearth::optim
