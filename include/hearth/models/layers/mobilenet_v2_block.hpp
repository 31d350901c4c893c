/// The block that MobileNetV2 is made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>

#include <cstdint>
#include <optional>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>

namespace hearth::models {

/// One block of MobileNetV2.
struct InvertedResidualV2Options {
  std::int64_t in_channels = 32;
  std::int64_t out_channels = 16;
  std::int64_t stride = 1;
  std::int64_t expand_ratio = 1;  ///< channels within the block, as a multiple of in_channels
};

/// A 1x1 convolution that widens, a 3x3 on each channel by itself and a 1x1 that narrows, with a shortcut where input
/// and output have one shape.
class InvertedResidualV2 : public torch::nn::Cloneable<InvertedResidualV2> {
 public:
  explicit InvertedResidualV2(const InvertedResidualV2Options& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t hidden = options_.in_channels * options_.expand_ratio;
    conv = Chain();
    if (options_.expand_ratio != 1) {
      conv->push_back(conv_norm_activation({.in_channels = options_.in_channels,
                                            .out_channels = hidden,
                                            .kernel_size = 1,
                                            .activation = Activation::relu6}));
    }
    conv->push_back(conv_norm_activation({.in_channels = hidden,
                                          .out_channels = hidden,
                                          .stride = options_.stride,
                                          .groups = hidden,
                                          .activation = Activation::relu6}));
    append_conv_norm_activation(
        conv,
        {.in_channels = hidden, .out_channels = options_.out_channels, .kernel_size = 1, .activation = std::nullopt});
    register_module("conv", conv);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    const bool has_shortcut = options_.stride == 1 && options_.in_channels == options_.out_channels;
    return has_shortcut ? x + conv->forward(x) : conv->forward(x);
  }

  Chain conv{nullptr};

 private:
  InvertedResidualV2Options options_;
};

}  // namespace hearth::models
