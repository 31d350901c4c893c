#pragma once

#include <hearth/models/mobilenet_v3.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/dropout.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/mobilenet_v3_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

namespace detail {

/// The blocks of a network, with channels as in the paper.
HEARTH_INLINE std::vector<InvertedResidualV3Options> mobilenet_v3_blocks(MobileNetV3Size size) {
  constexpr Activation re = Activation::relu;
  constexpr Activation hs = Activation::hardswish;
  if (size == MobileNetV3Size::small) {
    return {
        {16, 3, 16, 16, true, re, 2},  {16, 3, 72, 24, false, re, 2}, {24, 3, 88, 24, false, re, 1},
        {24, 5, 96, 40, true, hs, 2},  {40, 5, 240, 40, true, hs, 1}, {40, 5, 240, 40, true, hs, 1},
        {40, 5, 120, 48, true, hs, 1}, {48, 5, 144, 48, true, hs, 1}, {48, 5, 288, 96, true, hs, 2},
        {96, 5, 576, 96, true, hs, 1}, {96, 5, 576, 96, true, hs, 1},
    };
  }
  return {
      {16, 3, 16, 16, false, re, 1},   {16, 3, 64, 24, false, re, 2},   {24, 3, 72, 24, false, re, 1},
      {24, 5, 72, 40, true, re, 2},    {40, 5, 120, 40, true, re, 1},   {40, 5, 120, 40, true, re, 1},
      {40, 3, 240, 80, false, hs, 2},  {80, 3, 200, 80, false, hs, 1},  {80, 3, 184, 80, false, hs, 1},
      {80, 3, 184, 80, false, hs, 1},  {80, 3, 480, 112, true, hs, 1},  {112, 3, 672, 112, true, hs, 1},
      {112, 5, 672, 160, true, hs, 2}, {160, 5, 960, 160, true, hs, 1}, {160, 5, 960, 160, true, hs, 1},
  };
}

}  // namespace detail

HEARTH_INLINE MobileNetV3Module::MobileNetV3Module(MobileNetV3Size size, MobileNetV3Options options)
    : size_(size), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "MobileNetV3: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.width_mult > 0 && options_.width_mult <= 100,
                "MobileNetV3: width_mult must be above 0 and at most 100, but got {}", options_.width_mult);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "MobileNetV3: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void MobileNetV3Module::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  const std::vector<InvertedResidualV3Options> blocks = scaled_blocks();
  features = Chain();
  features->push_back(conv_norm_activation({.in_channels = 3,
                                            .out_channels = blocks.front().in_channels,
                                            .stride = 2,
                                            .norm = mobilenet_v3_norm,
                                            .activation = Activation::hardswish}));
  for (const InvertedResidualV3Options& block : blocks) {
    features->push_back(std::make_shared<InvertedResidualV3>(block));
  }
  const std::int64_t last_conv = 6 * blocks.back().out_channels;
  features->push_back(conv_norm_activation({.in_channels = blocks.back().out_channels,
                                            .out_channels = last_conv,
                                            .kernel_size = 1,
                                            .norm = mobilenet_v3_norm,
                                            .activation = Activation::hardswish}));
  register_module("features", features);
  const std::int64_t last = scaled((size_ == MobileNetV3Size::small ? 1024 : 1280) / tail_divisor());
  classifier = Chain();
  classifier->push_back(torch::nn::Linear(last_conv, last));
  classifier->push_back(std::make_shared<ActivationLayer>(Activation::hardswish));
  classifier->push_back(torch::nn::Dropout(torch::nn::DropoutOptions(options_.dropout).inplace(true)));
  classifier->push_back(torch::nn::Linear(last, options_.num_classes));
  register_module("classifier", classifier);
  init_convolutions(*this);
  init_linears(*this);
}

HEARTH_INLINE at::Tensor MobileNetV3Module::forward(at::Tensor x) {
  check_images("MobileNetV3", x);
  x = features->forward(x);                                // [N, features, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t MobileNetV3Module::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear MobileNetV3Module::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(3);
}

HEARTH_INLINE std::int64_t MobileNetV3Module::scaled(std::int64_t channels) const {
  return make_divisible(static_cast<double>(channels) * options_.width_mult);
}

HEARTH_INLINE std::vector<InvertedResidualV3Options> MobileNetV3Module::scaled_blocks() const {
  std::vector<InvertedResidualV3Options> blocks = detail::mobilenet_v3_blocks(size_);
  const std::size_t tail = blocks.size() - 3;  // the last stage, which halves the resolution
  for (std::size_t i = tail; i < blocks.size(); ++i) {
    if (i > tail) {
      blocks[i].in_channels /= tail_divisor();
      blocks[i].expanded_channels /= tail_divisor();
    }
    blocks[i].out_channels /= tail_divisor();
    blocks[i].dilation = options_.dilated ? 2 : 1;
  }
  for (InvertedResidualV3Options& block : blocks) {
    block.in_channels = scaled(block.in_channels);
    block.expanded_channels = scaled(block.expanded_channels);
    block.out_channels = scaled(block.out_channels);
  }
  return blocks;
}

namespace detail {

HEARTH_INLINE MobileNetV3 mobilenet_v3(std::string_view architecture, MobileNetV3Size size,
                                       MobileNetV3Options options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(MobileNetV3(size, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE MobileNetV3 mobilenet_v3_small(MobileNetV3Options options) {
  return detail::mobilenet_v3("mobilenet_v3_small", MobileNetV3Size::small, std::move(options));
}

HEARTH_INLINE MobileNetV3 mobilenet_v3_large(MobileNetV3Options options) {
  return detail::mobilenet_v3("mobilenet_v3_large", MobileNetV3Size::large, std::move(options));
}

}  // namespace hearth::models
