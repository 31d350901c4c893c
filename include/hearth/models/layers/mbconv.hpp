/// The two kinds of block that EfficientNets are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/squeeze_excitation.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>

namespace hearth::models {

/// One block of EfficientNet.
struct MBConvOptions {
  std::int64_t in_channels = 32;
  std::int64_t out_channels = 16;
  std::int64_t kernel_size = 3;
  std::int64_t stride = 1;
  std::int64_t expand_ratio = 1;     ///< channels within the block, as a multiple of in_channels
  double stochastic_depth_prob = 0;  ///< probability that the block is left out while training
  BatchNormSettings norm = {};
};

namespace detail {

/// What a block gives of x: its branch, with stochastic depth and x itself added where both have one shape.
inline at::Tensor beside_shortcut(const at::Tensor& x, at::Tensor branch, const StochasticDepthModule& stochastic_depth,
                                  const MBConvOptions& options) {
  if (options.stride == 1 && options.in_channels == options.out_channels) {
    branch = stochastic_depth.forward(branch);
    branch += x;
  }
  return branch;
}

}  // namespace detail

/// A 1x1 convolution that widens, one on each channel by itself, squeeze and excitation, and a 1x1 convolution that
/// narrows; where input and output have one shape, a shortcut and stochastic depth.
class MBConv : public torch::nn::Cloneable<MBConv> {
 public:
  explicit MBConv(const MBConvOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t expanded = make_divisible(static_cast<double>(options_.in_channels * options_.expand_ratio));
    block = Chain();
    if (expanded != options_.in_channels) {
      block->push_back(conv_norm_activation({.in_channels = options_.in_channels,
                                             .out_channels = expanded,
                                             .kernel_size = 1,
                                             .norm = options_.norm,
                                             .activation = Activation::silu}));
    }
    block->push_back(conv_norm_activation({.in_channels = expanded,
                                           .out_channels = expanded,
                                           .kernel_size = options_.kernel_size,
                                           .stride = options_.stride,
                                           .groups = expanded,
                                           .norm = options_.norm,
                                           .activation = Activation::silu}));
    block->push_back(SqueezeExcitation(
        SqueezeExcitationOptions{.input_channels = expanded,
                                 .squeeze_channels = std::max<std::int64_t>(1, options_.in_channels / 4),
                                 .activation = Activation::silu}));
    block->push_back(conv_norm_activation({.in_channels = expanded,
                                           .out_channels = options_.out_channels,
                                           .kernel_size = 1,
                                           .norm = options_.norm,
                                           .activation = std::nullopt}));
    register_module("block", block);
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    return detail::beside_shortcut(x, block->forward(x), *stochastic_depth, options_);
  }

  Chain block{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  MBConvOptions options_;
};

/// A convolution that widens and a 1x1 that narrows, or one convolution alone where nothing is widened; where input and
/// output have one shape, a shortcut and stochastic depth. The first stages of EfficientNetV2 have it.
class FusedMBConv : public torch::nn::Cloneable<FusedMBConv> {
 public:
  explicit FusedMBConv(const MBConvOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t expanded = make_divisible(static_cast<double>(options_.in_channels * options_.expand_ratio));
    const bool widens = expanded != options_.in_channels;
    block = Chain();
    block->push_back(conv_norm_activation({.in_channels = options_.in_channels,
                                           .out_channels = widens ? expanded : options_.out_channels,
                                           .kernel_size = options_.kernel_size,
                                           .stride = options_.stride,
                                           .norm = options_.norm,
                                           .activation = Activation::silu}));
    if (widens) {
      block->push_back(conv_norm_activation({.in_channels = expanded,
                                             .out_channels = options_.out_channels,
                                             .kernel_size = 1,
                                             .norm = options_.norm,
                                             .activation = std::nullopt}));
    }
    register_module("block", block);
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    return detail::beside_shortcut(x, block->forward(x), *stochastic_depth, options_);
  }

  Chain block{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  MBConvOptions options_;
};

}  // namespace hearth::models
