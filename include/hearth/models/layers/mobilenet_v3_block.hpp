/// The block that MobileNetV3 is made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>

#include <cstdint>
#include <optional>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/squeeze_excitation.hpp>

namespace hearth::models {

/// The BatchNorms of MobileNetV3.
inline constexpr BatchNormSettings mobilenet_v3_norm{.eps = 0.001, .momentum = 0.01};

/// One block of MobileNetV3.
struct InvertedResidualV3Options {
  std::int64_t in_channels = 16;
  std::int64_t kernel_size = 3;
  std::int64_t expanded_channels = 16;  ///< channels within the block
  std::int64_t out_channels = 16;
  bool squeeze = false;                      ///< with a SqueezeExcitation
  Activation activation = Activation::relu;  ///< of its convolutions
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
};

/// A 1x1 convolution that widens, one on each channel by itself, squeeze and excitation, and a 1x1 convolution that
/// narrows, with a shortcut where input and output have one shape.
class InvertedResidualV3 : public torch::nn::Cloneable<InvertedResidualV3> {
 public:
  explicit InvertedResidualV3(const InvertedResidualV3Options& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t expanded = options_.expanded_channels;
    block = Chain();
    if (expanded != options_.in_channels) {
      block->push_back(conv_norm_activation({.in_channels = options_.in_channels,
                                             .out_channels = expanded,
                                             .kernel_size = 1,
                                             .norm = mobilenet_v3_norm,
                                             .activation = options_.activation}));
    }
    block->push_back(conv_norm_activation({.in_channels = expanded,
                                           .out_channels = expanded,
                                           .kernel_size = options_.kernel_size,
                                           .stride = options_.dilation > 1 ? 1 : options_.stride,
                                           .groups = expanded,
                                           .dilation = options_.dilation,
                                           .norm = mobilenet_v3_norm,
                                           .activation = options_.activation}));
    if (options_.squeeze) {
      block->push_back(SqueezeExcitation(
          SqueezeExcitationOptions{.input_channels = expanded,
                                   .squeeze_channels = make_divisible(static_cast<double>(expanded / 4)),
                                   .scale_activation = Activation::hardsigmoid}));
    }
    block->push_back(conv_norm_activation({.in_channels = expanded,
                                           .out_channels = options_.out_channels,
                                           .kernel_size = 1,
                                           .norm = mobilenet_v3_norm,
                                           .activation = std::nullopt}));
    register_module("block", block);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]; a dilated block keeps H and W
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor out = block->forward(x);
    if (options_.stride == 1 && options_.in_channels == options_.out_channels) {
      out += x;
    }
    return out;
  }

  Chain block{nullptr};

 private:
  InvertedResidualV3Options options_;
};

}  // namespace hearth::models
