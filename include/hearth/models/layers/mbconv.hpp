/// The block that EfficientNets are made of, and the fused one of EfficientNetV2's first stages.
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
  bool fused = false;  ///< torchvision's FusedMBConv: one whole convolution, in the place of a 1x1, and no squeezing
  std::int64_t in_channels = 32;
  std::int64_t out_channels = 16;
  std::int64_t kernel_size = 3;
  std::int64_t stride = 1;
  std::int64_t expand_ratio = 1;     ///< channels within the block, as a multiple of in_channels
  double stochastic_depth_prob = 0;  ///< probability that the block is left out while training
  BatchNormSettings norm = {};
};

namespace detail {

/// A 1x1 convolution that widens, one on each channel by itself, squeeze and excitation, and a 1x1 that narrows.
inline Chain mbconv_layers(const MBConvOptions& options, std::int64_t expanded) {
  Chain layers;
  if (expanded != options.in_channels) {
    layers->push_back(conv_norm_activation({.in_channels = options.in_channels,
                                            .out_channels = expanded,
                                            .kernel_size = 1,
                                            .norm = options.norm,
                                            .activation = Activation::silu}));
  }
  layers->push_back(conv_norm_activation({.in_channels = expanded,
                                          .out_channels = expanded,
                                          .kernel_size = options.kernel_size,
                                          .stride = options.stride,
                                          .groups = expanded,
                                          .norm = options.norm,
                                          .activation = Activation::silu}));
  layers->push_back(
      SqueezeExcitation(SqueezeExcitationOptions{.input_channels = expanded,
                                                 .squeeze_channels = std::max<std::int64_t>(1, options.in_channels / 4),
                                                 .activation = Activation::silu}));
  layers->push_back(conv_norm_activation({.in_channels = expanded,
                                          .out_channels = options.out_channels,
                                          .kernel_size = 1,
                                          .norm = options.norm,
                                          .activation = std::nullopt}));
  return layers;
}

/// A convolution that widens and a 1x1 that narrows, or one convolution alone where nothing is widened.
inline Chain fused_mbconv_layers(const MBConvOptions& options, std::int64_t expanded) {
  const bool widens = expanded != options.in_channels;
  Chain layers;
  layers->push_back(conv_norm_activation({.in_channels = options.in_channels,
                                          .out_channels = widens ? expanded : options.out_channels,
                                          .kernel_size = options.kernel_size,
                                          .stride = options.stride,
                                          .norm = options.norm,
                                          .activation = Activation::silu}));
  if (widens) {
    layers->push_back(conv_norm_activation({.in_channels = expanded,
                                            .out_channels = options.out_channels,
                                            .kernel_size = 1,
                                            .norm = options.norm,
                                            .activation = std::nullopt}));
  }
  return layers;
}

}  // namespace detail

/// Convolutions, and, where input and output have one shape, a shortcut and stochastic depth.
class MBConv : public torch::nn::Cloneable<MBConv> {
 public:
  explicit MBConv(const MBConvOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t expanded = make_divisible(static_cast<double>(options_.in_channels * options_.expand_ratio));
    block = register_module("block", options_.fused ? detail::fused_mbconv_layers(options_, expanded)
                                                    : detail::mbconv_layers(options_, expanded));
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor out = block->forward(x);
    if (options_.stride == 1 && options_.in_channels == options_.out_channels) {
      out = stochastic_depth->forward(out);
      out += x;
    }
    return out;
  }

  Chain block{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  MBConvOptions options_;
};

}  // namespace hearth::models
