/// What must hold between a model and its optimizer before training starts.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <unordered_set>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::train {

/// Throws Error when the optimizer holds a parameter that is not the model's, or when the model has a parameter that
/// requires a gradient and that the optimizer lacks.
template <class Optimizer>
void check_optimizer(const torch::nn::Module& model, Optimizer& optimizer) {
  std::unordered_set<const c10::TensorImpl*> of_optimizer;
  std::unordered_set<const c10::TensorImpl*> of_model;
  for (const at::Tensor& parameter : model.parameters()) {
    of_model.insert(parameter.unsafeGetTensorImpl());
  }
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : optim::parameters(group)) {
      core::require(
          of_model.contains(parameter.unsafeGetTensorImpl()),
          "Trainer: the optimizer holds a parameter of shape {} that is not the model's; make the optimizer from "
          "this model's parameters()",
          Shape(parameter.sizes()).to_string());
      of_optimizer.insert(parameter.unsafeGetTensorImpl());
    }
  }
  for (const auto& parameter : model.named_parameters()) {
    core::require(!parameter.value().requires_grad() || of_optimizer.contains(parameter.value().unsafeGetTensorImpl()),
                  "Trainer: the optimizer lacks the model's parameter {}; hand it to the optimizer, or freeze it with "
                  "requires_grad_(false)",
                  parameter.key());
  }
}

}  // namespace hearth::train
