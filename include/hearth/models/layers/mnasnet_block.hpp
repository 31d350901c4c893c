/// The block that MNASNets are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>

#include <cstdint>
#include <optional>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>

namespace hearth::models {

/// The BatchNorms of MNASNet: the paper's momentum, 0.9997 of the old statistics.
inline constexpr BatchNormSettings mnasnet_norm{.momentum = 1 - 0.9997};

/// One block: torchvision's parameters (in_ch, out_ch, kernel_size, stride, expansion_factor).
struct MNASNetBlockOptions {
  std::int64_t in_channels = 16;
  std::int64_t out_channels = 24;
  std::int64_t kernel_size = 3;
  std::int64_t stride = 1;
  std::int64_t expand_ratio = 3;  ///< channels within the block, as a multiple of in_channels
};

/// A 1x1 convolution that widens, one on each channel by itself and a 1x1 that narrows, with a shortcut where input and
/// output have one shape.
class MNASNetBlock : public torch::nn::Cloneable<MNASNetBlock> {
 public:
  explicit MNASNetBlock(const MNASNetBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t hidden = options_.in_channels * options_.expand_ratio;
    layers = Chain();
    append_conv_norm_activation(
        layers, {.in_channels = options_.in_channels, .out_channels = hidden, .kernel_size = 1, .norm = mnasnet_norm});
    append_conv_norm_activation(layers, {.in_channels = hidden,
                                         .out_channels = hidden,
                                         .kernel_size = options_.kernel_size,
                                         .stride = options_.stride,
                                         .groups = hidden,
                                         .norm = mnasnet_norm});
    append_conv_norm_activation(layers, {.in_channels = hidden,
                                         .out_channels = options_.out_channels,
                                         .kernel_size = 1,
                                         .norm = mnasnet_norm,
                                         .activation = std::nullopt});
    register_module("layers", layers);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    const bool has_shortcut = options_.stride == 1 && options_.in_channels == options_.out_channels;
    return has_shortcut ? layers->forward(x) + x : layers->forward(x);
  }

  Chain layers{nullptr};

 private:
  MNASNetBlockOptions options_;
};

}  // namespace hearth::models
