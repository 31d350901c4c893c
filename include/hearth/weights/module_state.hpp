/// A module's weights by name, as Python's Module.state_dict lists them.
#pragma once

#include <torch/nn/module.h>

#include <string>

#include <hearth/weights/state_dict.hpp>

namespace hearth {

namespace detail {

inline void add_state(StateDict& state, const torch::nn::Module& module, const std::string& prefix) {
  for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
    state.add(prefix + parameter.key(), parameter.value().detach());
  }
  for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
    state.add(prefix + buffer.key(), buffer.value().detach());
  }
  for (const auto& child : module.named_children()) {
    add_state(state, *child.value(), prefix + child.key() + ".");
  }
}

}  // namespace detail

/// The module's parameters and buffers under Python's names and in Python's order: of each module its parameters, then
/// its buffers, then its children. The tensors are detached and share their memory with the module: what is written to
/// them is written to the module.
inline StateDict state_dict(const torch::nn::Module& module) {
  StateDict state;
  detail::add_state(state, module, "");
  return state;
}

}  // namespace hearth
