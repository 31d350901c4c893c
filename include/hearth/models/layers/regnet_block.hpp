/// The block that RegNets are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>

#include <cmath>
#include <cstdint>
#include <optional>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/squeeze_excitation.hpp>

namespace hearth::models {

/// One block: torchvision's parameters (width_in, width_out, stride, group_width, bottleneck_multiplier, se_ratio).
struct RegNetBlockOptions {
  std::int64_t in_channels = 32;
  std::int64_t out_channels = 32;
  std::int64_t stride = 1;
  std::int64_t group_width = 1;         ///< channels of each group of the 3x3 convolution
  double bottleneck_multiplier = 1;     ///< channels within the block, as a multiple of out_channels
  std::optional<double> se_ratio = {};  ///< squeezed channels, as a share of in_channels; std::nullopt: no squeezing
  BatchNormSettings norm = {};
};

/// A 1x1 convolution, a 3x3 one in groups, squeeze and excitation where there is one, and a 1x1 convolution, beside a
/// shortcut: torchvision.models.regnet.ResBottleneckBlock.
class RegNetBlock : public torch::nn::Cloneable<RegNetBlock> {
 public:
  explicit RegNetBlock(const RegNetBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const auto [in, out, stride, group_width, multiplier, se_ratio, norm] = options_;
    // Halves are rounded to even numbers, as Python does.
    const auto width = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(out) * multiplier));
    proj = nullptr;
    if (in != out || stride != 1) {
      proj = register_module("proj", conv_norm_activation({.in_channels = in,
                                                           .out_channels = out,
                                                           .kernel_size = 1,
                                                           .stride = stride,
                                                           .norm = norm,
                                                           .activation = std::nullopt}));
    }
    f = Chain();
    f->push_back("a", conv_norm_activation({.in_channels = in, .out_channels = width, .kernel_size = 1, .norm = norm}));
    f->push_back("b", conv_norm_activation({.in_channels = width,
                                            .out_channels = width,
                                            .stride = stride,
                                            .groups = width / group_width,
                                            .norm = norm}));
    if (se_ratio) {
      const auto squeezed = static_cast<std::int64_t>(std::nearbyint(*se_ratio * static_cast<double>(in)));
      f->push_back("se",
                   SqueezeExcitation(SqueezeExcitationOptions{.input_channels = width, .squeeze_channels = squeezed}));
    }
    f->push_back(
        "c",
        conv_norm_activation(
            {.in_channels = width, .out_channels = out, .kernel_size = 1, .norm = norm, .activation = std::nullopt}));
    register_module("f", f);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) { return ((proj ? proj->forward(x) : x) + f->forward(x)).relu_(); }

  Chain proj{nullptr}, f{nullptr};

 private:
  RegNetBlockOptions options_;
};

}  // namespace hearth::models
