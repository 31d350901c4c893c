#pragma once

#include <hearth/models/efficientnet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

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

namespace detail {

/// B0, made wider and deeper.
HEARTH_INLINE EfficientNetShape efficientnet_shape(const EfficientNetScale& scale) {
  for (const double factor : {scale.width_mult, scale.depth_mult}) {
    core::require(factor > 0 && factor <= 100,
                  "EfficientNet: width_mult and depth_mult must be above 0 and at most 100, but got {}", factor);
  }
  EfficientNetShape shape{.stages = {{false, 1, 3, 1, 32, 16, 1},
                                     {false, 6, 3, 2, 16, 24, 2},
                                     {false, 6, 5, 2, 24, 40, 2},
                                     {false, 6, 3, 2, 40, 80, 3},
                                     {false, 6, 5, 1, 80, 112, 3},
                                     {false, 6, 5, 2, 112, 192, 4},
                                     {false, 6, 3, 1, 192, 320, 1}},
                          .dropout = scale.dropout,
                          .norm = scale.norm};
  for (EfficientNetStage& stage : shape.stages) {
    stage.in_channels = make_divisible(static_cast<double>(stage.in_channels) * scale.width_mult);
    stage.out_channels = make_divisible(static_cast<double>(stage.out_channels) * scale.width_mult);
    stage.blocks = static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.blocks) * scale.depth_mult));
  }
  shape.last_channels = 4 * shape.stages.back().out_channels;
  return shape;
}

}  // namespace detail

HEARTH_INLINE EfficientNetModule::EfficientNetModule(EfficientNetShape shape, EfficientNetOptions options)
    : shape_(std::move(shape)), options_(std::move(options)) {
  core::require(!shape_.stages.empty(), "EfficientNet: there must be at least 1 stage, but got none");
  core::require(options_.num_classes >= 1, "EfficientNet: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(dropout() >= 0 && dropout() <= 1, "EfficientNet: dropout must be from 0 to 1, but got {}", dropout());
  core::require(options_.stochastic_depth_prob >= 0 && options_.stochastic_depth_prob <= 1,
                "EfficientNet: stochastic_depth_prob must be from 0 to 1, but got {}", options_.stochastic_depth_prob);
  reset();
}

HEARTH_INLINE EfficientNetModule::EfficientNetModule(const EfficientNetScale& scale, EfficientNetOptions options)
    : EfficientNetModule(detail::efficientnet_shape(scale), std::move(options)) {}

HEARTH_INLINE void EfficientNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  std::int64_t blocks = 0;
  for (const EfficientNetStage& stage : shape_.stages) {
    blocks += stage.blocks;
  }
  features = Chain();
  features->push_back(conv_norm_activation({.in_channels = 3,
                                            .out_channels = shape_.stages.front().in_channels,
                                            .stride = 2,
                                            .norm = shape_.norm,
                                            .activation = Activation::silu}));
  std::int64_t made = 0;
  for (const EfficientNetStage& stage : shape_.stages) {
    Chain layer;
    for (std::int64_t i = 0; i < stage.blocks; ++i, ++made) {
      layer->push_back(std::make_shared<MBConv>(
          MBConvOptions{.fused = stage.fused,
                        .in_channels = i == 0 ? stage.in_channels : stage.out_channels,
                        .out_channels = stage.out_channels,
                        .kernel_size = stage.kernel_size,
                        .stride = i == 0 ? stage.stride : 1,
                        .expand_ratio = stage.expand_ratio,
                        .stochastic_depth_prob =
                            options_.stochastic_depth_prob * static_cast<double>(made) / static_cast<double>(blocks),
                        .norm = shape_.norm}));
    }
    features->push_back(layer);
  }
  features->push_back(conv_norm_activation({.in_channels = shape_.stages.back().out_channels,
                                            .out_channels = shape_.last_channels,
                                            .kernel_size = 1,
                                            .norm = shape_.norm,
                                            .activation = Activation::silu}));
  register_module("features", features);
  classifier = Chain();
  classifier->push_back(torch::nn::Dropout(torch::nn::DropoutOptions(dropout()).inplace(true)));
  classifier->push_back(torch::nn::Linear(shape_.last_channels, options_.num_classes));
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

/// The BatchNorms of EfficientNetV2.
inline constexpr BatchNormSettings efficientnet_v2_norm{.eps = 0.001};

template <class Shape>
EfficientNet efficientnet(std::string_view architecture, const Shape& shape, EfficientNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(EfficientNet(shape, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE EfficientNet efficientnet_b0(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b0", EfficientNetScale{1, 1, 0.2}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b1(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b1", EfficientNetScale{1, 1.1, 0.2}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b2(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b2", EfficientNetScale{1.1, 1.2, 0.3}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b3(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b3", EfficientNetScale{1.2, 1.4, 0.3}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b4(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b4", EfficientNetScale{1.4, 1.8, 0.4}, std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b5(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b5", EfficientNetScale{1.6, 2.2, 0.4, detail::large_efficientnet_norm},
                              std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b6(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b6", EfficientNetScale{1.8, 2.6, 0.5, detail::large_efficientnet_norm},
                              std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_b7(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_b7", EfficientNetScale{2, 3.1, 0.5, detail::large_efficientnet_norm},
                              std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_v2_s(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_v2_s",
                              EfficientNetShape{.stages = {{true, 1, 3, 1, 24, 24, 2},
                                                           {true, 4, 3, 2, 24, 48, 4},
                                                           {true, 4, 3, 2, 48, 64, 4},
                                                           {false, 4, 3, 2, 64, 128, 6},
                                                           {false, 6, 3, 1, 128, 160, 9},
                                                           {false, 6, 3, 2, 160, 256, 15}},
                                                .dropout = 0.2,
                                                .norm = detail::efficientnet_v2_norm},
                              std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_v2_m(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_v2_m",
                              EfficientNetShape{.stages = {{true, 1, 3, 1, 24, 24, 3},
                                                           {true, 4, 3, 2, 24, 48, 5},
                                                           {true, 4, 3, 2, 48, 80, 5},
                                                           {false, 4, 3, 2, 80, 160, 7},
                                                           {false, 6, 3, 1, 160, 176, 14},
                                                           {false, 6, 3, 2, 176, 304, 18},
                                                           {false, 6, 3, 1, 304, 512, 5}},
                                                .dropout = 0.3,
                                                .norm = detail::efficientnet_v2_norm},
                              std::move(options));
}

HEARTH_INLINE EfficientNet efficientnet_v2_l(EfficientNetOptions options) {
  return detail::efficientnet("efficientnet_v2_l",
                              EfficientNetShape{.stages = {{true, 1, 3, 1, 32, 32, 4},
                                                           {true, 4, 3, 2, 32, 64, 7},
                                                           {true, 4, 3, 2, 64, 96, 7},
                                                           {false, 4, 3, 2, 96, 192, 10},
                                                           {false, 6, 3, 1, 192, 224, 19},
                                                           {false, 6, 3, 2, 224, 384, 25},
                                                           {false, 6, 3, 1, 384, 640, 7}},
                                                .dropout = 0.4,
                                                .norm = detail::efficientnet_v2_norm},
                              std::move(options));
}

}  // namespace hearth::models
