/// The initialisations that several families of models share. Each goes through the model in the order of its
/// modules(), which is the order in which torchvision draws from the random generator.
#pragma once

#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace hearth::models {

/// He et al., "Delving deep into rectifiers" (2015), for every 2-D convolution: normal weights of standard deviation
/// sqrt(2 / fan), zero biases. torch.nn.init.kaiming_normal_.
inline void init_convolutions(const torch::nn::Module& model, torch::nn::init::FanModeType fan = torch::kFanOut) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(convolution->weight, 0, fan, torch::kReLU);
      if (convolution->bias.defined()) {
        torch::nn::init::zeros_(convolution->bias);
      }
    }
  }
}

/// Normal weights and zero biases for every Linear.
inline void init_linears(const torch::nn::Module& model, double standard_deviation = 0.01) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (const auto* linear = module->as<torch::nn::Linear>()) {
      torch::nn::init::normal_(linear->weight, 0, standard_deviation);
      if (linear->bias.defined()) {
        torch::nn::init::zeros_(linear->bias);
      }
    }
  }
}

}  // namespace hearth::models
