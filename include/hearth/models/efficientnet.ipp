#pragma once

#include <hearth/models/efficientnet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

#include <array>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/mbconv.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE EfficientNetModule::EfficientNetModule(EfficientNetScale scale, EfficientNetOptions options)
    : scale_(scale), options_(std::move(options)) {
  for (const double factor : {scale_.width_mult, scale_.depth_mult}) {
    core::require(factor > 0 && factor <= 100,
                  "EfficientNet: width_mult and depth_mult must be above 0 and at most 100, but got {}", factor);
  }
  core::require(options_.num_classes >= 1, "EfficientNet: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(dropout() >= 0 && dropout() <= 1, "EfficientNet: dropout must be from 0 to 1, but got {}", dropout());
  core::require(options_.stochastic_depth_prob >= 0 && options_.stochastic_depth_prob <= 1,
                "EfficientNet: stochastic_depth_prob must be from 0 to 1, but got {}", options_.stochastic_depth_prob);
  reset();
}

HEARTH_INLINE void EfficientNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  struct Stage {
    std::int64_t expand_ratio, kernel_size, stride, in, out, blocks;
  };
  std::array<Stage, 7> stages{{{1, 3, 1, 32, 16, 1},
                               {6, 3, 2, 16, 24, 2},
                               {6, 5, 2, 24, 40, 2},
                               {6, 3, 2, 40, 80, 3},
                               {6, 5, 1, 80, 112, 3},
                               {6, 5, 2, 112, 192, 4},
                               {6, 3, 1, 192, 320, 1}}};
  std::int64_t blocks = 0;
  for (Stage& stage : stages) {
    stage.in = make_divisible(static_cast<double>(stage.in) * scale_.width_mult);
    stage.out = make_divisible(static_cast<double>(stage.out) * scale_.width_mult);
    stage.blocks = static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.blocks) * scale_.depth_mult));
    blocks += stage.blocks;
  }

  features = Chain();
  features->push_back(conv_norm_activation({.in_channels = 3,
                                            .out_channels = stages.front().in,
                                            .stride = 2,
                                            .norm = scale_.norm,
                                            .activation = Activation::silu}));
  std::int64_t made = 0;
  for (const Stage& stage : stages) {
    Chain layer;
    for (std::int64_t i = 0; i < stage.blocks; ++i, ++made) {
      layer->push_back(std::make_shared<MBConv>(
          MBConvOptions{.in_channels = i == 0 ? stage.in : stage.out,
                        .out_channels = stage.out,
                        .kernel_size = stage.kernel_size,
                        .stride = i == 0 ? stage.stride : 1,
                        .expand_ratio = stage.expand_ratio,
                        .stochastic_depth_prob =
                            options_.stochastic_depth_prob * static_cast<double>(made) / static_cast<double>(blocks),
                        .norm = scale_.norm}));
    }
    features->push_back(layer);
  }
  const std::int64_t last = 4 * stages.back().out;
  features->push_back(conv_norm_activation({.in_channels = stages.back().out,
                                            .out_channels = last,
                                            .kernel_size = 1,
                                            .norm = scale_.norm,
                                            .activation = Activation::silu}));
  register_module("features", features);
  classifier = Chain();
  classifier->push_back(torch::nn::Dropout(torch::nn::DropoutOptions(dropout()).inplace(true)));
  classifier->push_back(torch::nn::Linear(last, options_.num_classes));
  register_module("classifier", classifier);
  init_convolutions(*this);
  const double bound = 1 / std::sqrt(static_cast<double>(options_.num_classes));
  torch::nn::init::uniform_(head()->weight, -bound, bound);
  torch::nn::init::zeros_(head()->bias);
}

HEARTH_INLINE at::Tensor EfficientNetModule::forward(at::Tensor x) {
  check_images("EfficientNet", x);
  x = features->forward(x);                                // [N, features, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t EfficientNetModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear EfficientNetModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(1);
}

namespace detail {

inline constexpr BatchNormSettings large_efficientnet_norm{.eps = 0.001, .momentum = 0.01};

HEARTH_INLINE EfficientNet efficientnet(std::string_view architecture, const EfficientNetScale& scale,
                                        EfficientNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(EfficientNet(scale, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE EfficientNet efficientnet_b0(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b0", {1, 1, 0.2}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b1(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b1", {1, 1.1, 0.2}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b2(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b2", {1.1, 1.2, 0.3}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b3(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b3", {1.2, 1.4, 0.3}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b4(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b4", {1.4, 1.8, 0.4}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b5(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b5", {1.6, 2.2, 0.4, detail::large_efficientnet_norm}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b6(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b6", {1.8, 2.6, 0.5, detail::large_efficientnet_norm}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b7(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b7", {2, 3.1, 0.5, detail::large_efficientnet_norm}, std::move(options));
}

}  // namespace hearth::models
