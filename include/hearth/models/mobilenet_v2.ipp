#pragma once

#include <hearth/models/mobilenet_v2.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/mobilenet_v2_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE MobileNetV2Module::MobileNetV2Module(MobileNetV2Options options) : options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "MobileNetV2: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.width_mult > 0 && options_.width_mult <= 100,
                "MobileNetV2: width_mult must be above 0 and at most 100, but got {}", options_.width_mult);
  core::require(options_.round_nearest >= 1 && options_.round_nearest <= 1024,
                "MobileNetV2: round_nearest must be between 1 and 1024, but got {}", options_.round_nearest);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "MobileNetV2: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void MobileNetV2Module::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  struct Stage {
    std::int64_t expand_ratio, channels, blocks, stride;
  };
  constexpr std::array<Stage, 7> stages{
      {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
  std::int64_t channels = scaled(32, options_.width_mult);
  const std::int64_t last_channels = scaled(1280, std::max(1.0, options_.width_mult));
  features = Chain();
  features->push_back(
      conv_norm_activation({.in_channels = 3, .out_channels = channels, .stride = 2, .activation = Activation::relu6}));
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

HEARTH_INLINE at::Tensor MobileNetV2Module::forward(at::Tensor x) {
  check_images("MobileNetV2", x);
  x = features->forward(x);                                // [N, features, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t MobileNetV2Module::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear MobileNetV2Module::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(1);
}

HEARTH_INLINE std::int64_t MobileNetV2Module::scaled(std::int64_t channels, double factor) const {
  return make_divisible(static_cast<double>(channels) * factor, options_.round_nearest);
}

HEARTH_INLINE MobileNetV2 mobilenet_v2(MobileNetV2Options options) {
  const Pretrained pretrained = options.pretrained.of("mobilenet_v2");
  return load_pretrained(MobileNetV2(std::move(options)), pretrained);
}

}  // namespace hearth::models
