/// What densely connected networks are made of: blocks whose layers each see all the layers before them, and the
/// transitions between blocks.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <fmt/format.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace hearth::models {

/// One block: torchvision's parameters.
struct DenseBlockOptions {
  std::int64_t num_layers = 6;           ///< of the block
  std::int64_t num_input_features = 64;  ///< channels of the input
  std::int64_t bn_size = 4;              ///< channels of the bottleneck, in growth rates
  std::int64_t growth_rate = 32;         ///< channels that each layer adds
  double drop_rate = 0;                  ///< probability that a new feature is dropped while training
};

/// A 1x1 convolution to bn_size · growth_rate channels and a 3x3 to growth_rate, each after BatchNorm and ReLU;
/// num_layers is not looked at.
class DenseLayer : public torch::nn::Cloneable<DenseLayer> {
 public:
  explicit DenseLayer(const DenseBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t width = options_.bn_size * options_.growth_rate;
    norm1 = register_module("norm1", torch::nn::BatchNorm2d(options_.num_input_features));
    conv1 = register_module(
        "conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(options_.num_input_features, width, 1).bias(false)));
    norm2 = register_module("norm2", torch::nn::BatchNorm2d(width));
    conv2 = register_module(
        "conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(width, options_.growth_rate, 3).padding(1).bias(false)));
  }

  /// [N, growth_rate, H, W] of tensors [N, ..., H, W] that have num_input_features channels together.
  at::Tensor forward(const std::vector<at::Tensor>& features) {
    at::Tensor x = conv1->forward(norm1->forward(at::cat(features, 1)).relu_());
    x = conv2->forward(norm2->forward(x).relu_());
    return options_.drop_rate > 0 ? at::dropout(x, options_.drop_rate, is_training()) : x;
  }

  torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};

 private:
  DenseBlockOptions options_;
};

/// Layers of which each takes the block's input and what all layers before it gave.
class DenseBlock : public torch::nn::Cloneable<DenseBlock> {
 public:
  explicit DenseBlock(const DenseBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    layers.clear();
    DenseBlockOptions layer = options_;
    for (std::int64_t i = 1; i <= options_.num_layers; ++i) {
      layers.push_back(register_module(fmt::format("denselayer{}", i), std::make_shared<DenseLayer>(layer)));
      layer.num_input_features += options_.growth_rate;
    }
  }

  /// [N, num_input_features, H, W] to [N, num_input_features + num_layers · growth_rate, H, W]
  at::Tensor forward(const at::Tensor& x) {
    std::vector<at::Tensor> features = {x};
    for (const auto& layer : layers) {
      features.push_back(layer->forward(features));
    }
    return at::cat(features, 1);
  }

  std::vector<std::shared_ptr<DenseLayer>> layers;

 private:
  DenseBlockOptions options_;
};

/// From one block to the next: a 1x1 convolution after BatchNorm and ReLU, then half the size.
class DenseTransition : public torch::nn::Cloneable<DenseTransition> {
 public:
  DenseTransition(std::int64_t in_channels, std::int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {
    reset();
  }

  void reset() override {
    norm = register_module("norm", torch::nn::BatchNorm2d(in_channels_));
    conv = register_module("conv",
                           torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels_, out_channels_, 1).bias(false)));
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/2, W/2]
  at::Tensor forward(const at::Tensor& x) {
    return at::avg_pool2d(conv->forward(norm->forward(x).relu_()), {2, 2}, {2, 2});
  }

  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Conv2d conv{nullptr};

 private:
  std::int64_t in_channels_;
  std::int64_t out_channels_;
};

}  // namespace hearth::models
