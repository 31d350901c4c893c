/// What ConvNeXt is made of: its normalisation and its block.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/functional.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/layers/token_layers.hpp>

namespace hearth::models {

/// The module behind LayerNorm2d.
class LayerNorm2dModule : public torch::nn::Cloneable<LayerNorm2dModule> {
 public:
  /// Throws Error when channels is below 1.
  explicit LayerNorm2dModule(std::int64_t channels, double eps = 1e-6) : channels_(channels), eps_(eps) {
    core::require(channels_ >= 1, "LayerNorm2d: channels must be at least 1, but got {}", channels_);
    reset();
  }

  void reset() override {
    weight = register_parameter("weight", at::ones({channels_}));
    bias = register_parameter("bias", at::zeros({channels_}));
  }

  /// [N, channels, H, W] to the same shape. Throws Error when x has another.
  at::Tensor forward(const at::Tensor& x) {
    core::require(x.dim() == 4 && x.size(1) == channels_, "LayerNorm2d: expects [N, {}, H, W], but got a batch {}",
                  channels_, c10::str(x.sizes()));
    return at::layer_norm(x.permute({0, 2, 3, 1}), {channels_}, weight, bias, eps_).permute({0, 3, 1, 2});
  }

  at::Tensor weight, bias;

 private:
  std::int64_t channels_;
  double eps_;
};

/// Normalises the channels of every pixel by themselves: torchvision.models.convnext.LayerNorm2d.
TORCH_MODULE_IMPL(LayerNorm2d, LayerNorm2dModule);

/// One block: torchvision's parameters (dim, layer_scale, stochastic_depth_prob).
struct CNBlockOptions {
  std::int64_t channels = 96;        ///< of the input and of the output
  double layer_scale = 1e-6;         ///< what the branch is multiplied by at first; learned, for each channel
  double stochastic_depth_prob = 0;  ///< of leaving the branch out for an image
};

/// A depthwise 7x7 convolution and a perceptron for every pixel, beside a shortcut.
class CNBlock : public torch::nn::Cloneable<CNBlock> {
 public:
  explicit CNBlock(const CNBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t channels = options_.channels;
    const auto channels_last = [](const at::Tensor& x) { return x.permute({0, 2, 3, 1}); };
    const auto channels_first = [](const at::Tensor& x) { return x.permute({0, 3, 1, 2}); };
    block = register_module(
        "block", Chain(torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 7).padding(3).groups(channels)),
                       torch::nn::Functional(channels_last),
                       torch::nn::LayerNorm(torch::nn::LayerNormOptions({channels}).eps(1e-6)),
                       TokenLinear(channels, 4 * channels), torch::nn::GELU(), TokenLinear(4 * channels, channels),
                       torch::nn::Functional(channels_first)));
    layer_scale = register_parameter("layer_scale", at::full({channels, 1, 1}, options_.layer_scale));
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
  }

  /// [N, channels, H, W] to the same shape
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor out = stochastic_depth->forward(layer_scale * block->forward(x));
    out += x;
    return out;
  }

  Chain block{nullptr};
  at::Tensor layer_scale;  // [channels, 1, 1]
  StochasticDepth stochastic_depth{nullptr};

 private:
  CNBlockOptions options_;
};

}  // namespace hearth::models
