#pragma once

#include <hearth/models/any_model.hpp>

namespace hearth::models {

HEARTH_INLINE at::Tensor AnyModelModule::forward(const at::Tensor& x) {
  return forward_(x);
}

HEARTH_INLINE LogitsWithAuxiliary AnyModelModule::forward_with_auxiliary(const at::Tensor& x) {
  return forward_with_auxiliary_(x);
}

HEARTH_INLINE std::int64_t AnyModelModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE std::int64_t AnyModelModule::state_version() const {
  return hearth::state_version(*inner_);
}

HEARTH_INLINE void AnyModelModule::train(bool on) {
  torch::nn::Module::train(on);
  inner_->train(on);
}

HEARTH_INLINE std::shared_ptr<torch::nn::Module> AnyModelModule::clone(
    const std::optional<torch::Device>& device) const {
  return clone_(device);
}

HEARTH_INLINE void AnyModelModule::register_parts() {
  torch::nn::Module::train(inner_->is_training());  // before it has layers, which have modes of their own
  // The same tensors and layers under the same names: weights, devices and gradients are the model's own.
  for (const auto& parameter : inner_->named_parameters(/*recurse=*/false)) {
    register_parameter(parameter.key(), parameter.value(), parameter.value().requires_grad());
  }
  for (const auto& buffer : inner_->named_buffers(/*recurse=*/false)) {
    register_buffer(buffer.key(), buffer.value());
  }
  for (const auto& child : inner_->named_children()) {
    register_module(child.key(), child.value());
  }
}

}  // namespace hearth::models
