/// MobileNetV2, as torchvision has it.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>

namespace hearth::models {

/// The options of torchvision.models.MobileNetV2.
struct MobileNetV2Options {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
  double width_mult = 1;                  ///< scales the channels of every layer
  std::int64_t round_nearest = 8;         ///< channels are multiples of this
  double dropout = 0.2;                   ///< before the head
};

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
    conv->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(hidden, options_.out_channels, 1).bias(false)));
    conv->push_back(batch_norm(options_.out_channels));
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

/// The module behind MobileNetV2.
class MobileNetV2Module : public torch::nn::Cloneable<MobileNetV2Module> {
 public:
  explicit MobileNetV2Module(MobileNetV2Options options = {}) : options_(std::move(options)) {
    core::require(options_.num_classes >= 1, "MobileNetV2: num_classes must be at least 1, but got {}",
                  options_.num_classes);
    core::require(options_.width_mult > 0 && options_.width_mult <= 100,
                  "MobileNetV2: width_mult must be above 0 and at most 100, but got {}", options_.width_mult);
    core::require(options_.round_nearest >= 1 && options_.round_nearest <= 1024,
                  "MobileNetV2: round_nearest must be between 1 and 1024, but got {}", options_.round_nearest);
    core::require(options_.dropout >= 0 && options_.dropout <= 1,
                  "MobileNetV2: dropout must be from 0 to 1, but got {}", options_.dropout);
    reset();
  }

  void reset() override {
    // The order in which layers are made is the order in which they draw from the random generator: torchvision's.
    struct Stage {
      std::int64_t expand_ratio, channels, blocks, stride;
    };
    constexpr std::array<Stage, 7> stages{
        {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
    std::int64_t channels = scaled(32, options_.width_mult);
    const std::int64_t last_channels = scaled(1280, std::max(1.0, options_.width_mult));
    features = Chain();
    features->push_back(conv_norm_activation(
        {.in_channels = 3, .out_channels = channels, .stride = 2, .activation = Activation::relu6}));
    for (const Stage& stage : stages) {
      const std::int64_t out = scaled(stage.channels, options_.width_mult);
      for (std::int64_t i = 0; i < stage.blocks; ++i) {
        features->push_back(
            std::make_shared<InvertedResidualV2>(InvertedResidualV2Options{.in_channels = channels,
                                                                           .out_channels = out,
                                                                           .stride = i == 0 ? stage.stride : 1,
                                                                           .expand_ratio = stage.expand_ratio}));
        channels = out;
      }
    }
    features->push_back(conv_norm_activation(
        {.in_channels = channels, .out_channels = last_channels, .kernel_size = 1, .activation = Activation::relu6}));
    register_module("features", features);
    classifier = Chain();
    classifier->push_back(torch::nn::Dropout(options_.dropout));
    classifier->push_back(torch::nn::Linear(last_channels, options_.num_classes));
    register_module("classifier", classifier);
    init_convolutions(*this);
    init_linears(*this);
  }

  /// Logits [N, classes] of pictures [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x) {
    check_images("MobileNetV2", x);
    x = features->forward(x);                                // [N, features, H/32, W/32]
    x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
    return classifier->forward(x);
  }

  std::int64_t num_classes() const { return head()->weight.size(0); }
  torch::nn::Linear head() const { return classifier->ptr<torch::nn::LinearImpl>(1); }
  std::string head_name() const { return "classifier.1"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  std::int64_t scaled(std::int64_t channels, double factor) const {
    return make_divisible(static_cast<double>(channels) * factor, options_.round_nearest);
  }

  MobileNetV2Options options_;
};

/// Sandler, Howard, Zhu, Zhmoginov, Chen: "MobileNetV2: inverted residuals and linear bottlenecks" (2018), with
/// torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(MobileNetV2, MobileNetV2Module);

/// torchvision.models.mobilenet_v2.
inline MobileNetV2 mobilenet_v2(MobileNetV2Options options = {}) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(MobileNetV2(std::move(options)), pretrained);
}

}  // namespace hearth::models
