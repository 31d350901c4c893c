/// The tensors that an optimizer keeps for each parameter, and parameters gathered for LibTorch's fused optimizer
/// kernels, each of which steps many of them with one call.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::optim {

/// The names of the tensors that an optimizer keeps for each parameter, as Python's states have them. The tensors named
/// "step" and "mu_product" are one number each, such as the count of the parameter's steps; each of the others has the
/// parameter's shape.
using StateNames = std::span<const std::string_view>;

/// The tensors kept for one parameter, in the order of their names; undefined where there is none.
using ParamState = std::vector<at::Tensor>;
/// The states of parameters, by their address.
using ParamStates = std::unordered_map<const c10::TensorImpl*, ParamState>;

/// Whether the state of this name is one number for the whole parameter: 32-bit float on the CPU, in Python too.
inline bool is_count(std::string_view state_name) {
  return state_name == "step" || state_name == "mu_product";
}

/// Moves the state to the parameter's device and type, for the model may have moved. Throws Error, in the name of
/// `optimizer`, when the parameter has another shape than the state.
void move_state(std::string_view optimizer, StateNames names, const at::Tensor& parameter, ParamState& state);

/// Moves the counts of steps to the device.
void move_step_counts(StateNames names, ParamState& state, at::Device device);

/// Tensors that one call of a fused kernel takes together: in every list, the i-th belongs to the i-th parameter.
/// `state` has a list for each kind of tensor that the optimizer keeps; it is empty where the kernel takes none.
struct FusedCall {
  at::Device device;                        ///< of all its tensors
  at::ScalarType type;                      ///< of all its tensors
  bool first_step;                          ///< the state is made by this step
  at::Tensor rate = {};                     ///< the learning rate, where it is read from a tensor: one 32-bit float
  std::vector<at::Tensor> parameters = {};  ///< that are stepped
  std::vector<at::Tensor> gradients = {};   ///< of each of them
  std::vector<std::vector<at::Tensor>> state = {};
};

/// Whether a fused kernel takes the parameter: the kernels walk through memory, so parameter, gradient and the used
/// kinds of state must lie there alike and without gaps, and the CPU's round half precision otherwise than single
/// operations do.
bool fits_fused_kernel(StateNames names, const std::vector<bool>& used, const at::Tensor& parameter,
                       const at::Tensor& gradient, const ParamState& state);

/// Adds the parameter to the call for its device and type, which is made when there is none. State that is used and not
/// there yet is made, for the kernel to fill.
void add_to_calls(std::vector<FusedCall>& calls, StateNames names, const std::vector<bool>& used,
                  const at::Tensor& parameter, const at::Tensor& gradient, ParamState& state);

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/fused_call.ipp>
#endif
