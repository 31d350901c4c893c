#pragma once

#include <hearth/train/check_optimizer.hpp>

#include <unordered_set>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>

namespace hearth::train {

HEARTH_INLINE void check_parameters(const torch::nn::Module& model, const std::vector<at::Tensor>& of_optimizer) {
  std::unordered_set<const c10::TensorImpl*> known;
  for (const at::Tensor& parameter : model.parameters()) {
    known.insert(parameter.unsafeGetTensorImpl());
  }
  std::unordered_set<const c10::TensorImpl*> held;
  for (const at::Tensor& parameter : of_optimizer) {
    core::require(
        known.contains(parameter.unsafeGetTensorImpl()),
        "Trainer: the optimizer holds a parameter of shape {} that is not the model's; make the optimizer from "
        "this model's parameters()",
        Shape(parameter.sizes()).to_string());
    held.insert(parameter.unsafeGetTensorImpl());
  }
  for (const auto& parameter : model.named_parameters()) {
    core::require(!parameter.value().requires_grad() || held.contains(parameter.value().unsafeGetTensorImpl()),
                  "Trainer: the optimizer lacks the model's parameter {}; hand it to the optimizer, or freeze it with "
                  "requires_grad_(false)",
                  parameter.key());
  }
}

}  // namespace hearth::train
