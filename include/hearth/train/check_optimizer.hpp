/// What must hold between a model and its optimizer before training starts.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/optim/optimizer.hpp>

namespace hearth::train {

/// Throws Error when the optimizer's parameters have one that is not the model's, or when the model has a parameter
/// that requires a gradient and that the optimizer lacks.
void check_parameters(const torch::nn::Module& model, const std::vector<at::Tensor>& of_optimizer);

template <class Optimizer>
void check_optimizer(const torch::nn::Module& model, Optimizer& optimizer) {
  std::vector<at::Tensor> parameters;
  for (const auto& group : optimizer.param_groups()) {
    for (const at::Tensor& parameter : optim::parameters_of(group)) {
      parameters.push_back(parameter);
    }
  }
  check_parameters(model, parameters);
}

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/check_optimizer.ipp>
#endif
