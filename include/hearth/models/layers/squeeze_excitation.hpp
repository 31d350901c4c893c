/// Squeeze and excitation: channels weighted by what the whole image shows.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>

namespace hearth::models {

/// The parameters of torchvision.ops.SqueezeExcitation.
struct SqueezeExcitationOptions {
  std::int64_t input_channels = 1;                    ///< of the input and of the output
  std::int64_t squeeze_channels = 1;                  ///< between the two convolutions
  Activation activation = Activation::relu;           ///< between the two layers
  Activation scale_activation = Activation::sigmoid;  ///< of the weights
};

/// The module behind SqueezeExcitation.
class SqueezeExcitationModule : public torch::nn::Cloneable<SqueezeExcitationModule> {
 public:
  explicit SqueezeExcitationModule(const SqueezeExcitationOptions& options) : options_(options) {
    core::require(options.input_channels >= 1, "SqueezeExcitation: input_channels must be at least 1, but got {}",
                  options.input_channels);
    core::require(options.squeeze_channels >= 1, "SqueezeExcitation: squeeze_channels must be at least 1, but got {}",
                  options.squeeze_channels);
    reset();
  }

  void reset() override {
    const std::int64_t input = options_.input_channels;
    const std::int64_t squeeze = options_.squeeze_channels;
    fc1 = register_module("fc1", torch::nn::Conv2d(torch::nn::Conv2dOptions(input, squeeze, 1)));
    fc2 = register_module("fc2", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeeze, input, 1)));
  }

  /// [N, input_channels, H, W] to the same
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor scale = at::adaptive_avg_pool2d(x, {1, 1});  // [N, C, 1, 1]
    scale = activate(fc1->forward(scale), options_.activation);
    scale = activate(fc2->forward(scale), options_.scale_activation);
    return scale * x;
  }

  torch::nn::Conv2d fc1{nullptr}, fc2{nullptr};

 private:
  SqueezeExcitationOptions options_;
};

/// Hu, Shen, Sun: "Squeeze-and-excitation networks" (2018), as torchvision.ops.SqueezeExcitation has it: the mean of
/// every channel goes through two 1x1 convolutions, and the result weights the channels.
TORCH_MODULE_IMPL(SqueezeExcitation, SqueezeExcitationModule);

}  // namespace hearth::models
