#pragma once

#include <hearth/weights/module_state.hpp>

#include <string>

namespace hearth {

namespace detail {

HEARTH_INLINE void add_state(StateDict& state, const torch::nn::Module& module, const std::string& prefix) {
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

HEARTH_INLINE std::int64_t state_version(const torch::nn::Module& module) {
  const auto* const with_version = dynamic_cast<const HasStateVersion*>(&module);
  return with_version != nullptr ? with_version->state_version() : 1;
}

HEARTH_INLINE StateDict state_dict(const torch::nn::Module& module) {
  StateDict state;
  detail::add_state(state, module, "");
  state.set_version(state_version(module));
  return state;
}

}  // namespace hearth
