#pragma once

#include <hearth/models/regnet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/regnet_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

namespace detail {

/// Blocks of one width.
struct RegNetStage {
  std::int64_t channels = 0;
  std::int64_t blocks = 0;
  std::int64_t group_width = 0;
};

/// torchvision's BlockParams.from_init_params, which computes with floats.
HEARTH_INLINE std::vector<RegNetStage> regnet_stages(const RegNetShape& shape) {
  const auto w_0 = static_cast<float>(shape.w_0);
  const auto w_m = static_cast<float>(shape.w_m);
  std::vector<RegNetStage> stages;
  for (std::int64_t i = 0; i < shape.depth; ++i) {
    const float width = static_cast<float>(i) * static_cast<float>(shape.w_a) + w_0;
    const float power = std::nearbyint(std::log(width / w_0) / static_cast<float>(std::log(shape.w_m)));
    const auto channels = static_cast<std::int64_t>(std::nearbyint(w_0 * std::pow(w_m, power) / 8.0F) * 8.0F);
    if (stages.empty() || stages.back().channels != channels) {
      stages.push_back({channels, 0, 0});
    }
    ++stages.back().blocks;
  }
  for (RegNetStage& stage : stages) {  // the groups must divide the channels that they are of
    const auto width = static_cast<std::int64_t>(static_cast<double>(stage.channels) * shape.bottleneck_multiplier);
    stage.group_width = std::min(shape.group_width, width);
    const std::int64_t divisible = make_divisible(static_cast<double>(width), stage.group_width);
    stage.channels = static_cast<std::int64_t>(static_cast<double>(divisible) / shape.bottleneck_multiplier);
  }
  return stages;
}

}  // namespace detail

HEARTH_INLINE RegNetModule::RegNetModule(const RegNetShape& shape, RegNetOptions options)
    : shape_(shape), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "RegNet: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(options_.stem_width >= 1, "RegNet: stem_width must be at least 1, but got {}", options_.stem_width);
  core::require(shape.depth >= 1, "RegNet: depth must be at least 1, but got {}", shape.depth);
  core::require(shape.w_0 >= 8 && shape.w_0 % 8 == 0, "RegNet: w_0 must be a positive multiple of 8, but got {}",
                shape.w_0);
  core::require(shape.w_a >= 0, "RegNet: w_a must be at least 0, but got {}", shape.w_a);
  core::require(shape.w_m > 1, "RegNet: w_m must be above 1, but got {}", shape.w_m);
  core::require(shape.group_width >= 1, "RegNet: group_width must be at least 1, but got {}", shape.group_width);
  core::require(shape.bottleneck_multiplier > 0, "RegNet: bottleneck_multiplier must be above 0, but got {}",
                shape.bottleneck_multiplier);
  core::require(shape.se_ratio.value_or(1) > 0, "RegNet: se_ratio must be above 0, but got {}",
                shape.se_ratio.value_or(1));
  reset();
}

HEARTH_INLINE void RegNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  stem = register_module(
      "stem", conv_norm_activation(
                  {.in_channels = 3, .out_channels = options_.stem_width, .stride = 2, .norm = options_.norm}));
  trunk_output = Chain();
  std::int64_t channels = options_.stem_width;
  int number = 0;
  for (const detail::RegNetStage& stage : detail::regnet_stages(shape_)) {
    ++number;
    Chain layer;
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      layer->push_back(fmt::format("block{}-{}", number, i), std::make_shared<RegNetBlock>(RegNetBlockOptions{
                                                                 .in_channels = channels,
                                                                 .out_channels = stage.channels,
                                                                 .stride = i == 0 ? 2 : 1,
                                                                 .group_width = stage.group_width,
                                                                 .bottleneck_multiplier = shape_.bottleneck_multiplier,
                                                                 .se_ratio = shape_.se_ratio,
                                                                 .norm = options_.norm}));
      channels = stage.channels;
    }
    trunk_output->push_back(fmt::format("block{}", number), layer);
  }
  register_module("trunk_output", trunk_output);
  fc = register_module("fc", torch::nn::Linear(channels, options_.num_classes));
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {  // the biases of squeezing stay as they are
      const at::Tensor& weight = convolution->weight;
      const auto fan_out = static_cast<double>(weight.size(0) * weight.size(2) * weight.size(3));
      torch::nn::init::normal_(weight, 0, std::sqrt(2 / fan_out));
    }
  }
  init_linears(*this);
}

HEARTH_INLINE at::Tensor RegNetModule::forward(at::Tensor x) {
  check_images("RegNet", x);
  x = trunk_output->forward(stem->forward(x));                        // [N, features, H/32, W/32]
  return fc->forward(at::adaptive_avg_pool2d(x, {1, 1}).flatten(1));  // of [N, features]
}

HEARTH_INLINE std::int64_t RegNetModule::num_classes() const {
  return fc->weight.size(0);
}

namespace detail {

HEARTH_INLINE RegNet regnet(std::string_view architecture, const RegNetShape& shape, RegNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(RegNet(shape, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE RegNet regnet_y_400mf(RegNetOptions options) {
  return detail::regnet("regnet_y_400mf",
                        {.depth = 16, .w_0 = 48, .w_a = 27.89, .w_m = 2.09, .group_width = 8, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_800mf(RegNetOptions options) {
  return detail::regnet("regnet_y_800mf",
                        {.depth = 14, .w_0 = 56, .w_a = 38.84, .w_m = 2.4, .group_width = 16, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_1_6gf(RegNetOptions options) {
  return detail::regnet("regnet_y_1_6gf",
                        {.depth = 27, .w_0 = 48, .w_a = 20.71, .w_m = 2.65, .group_width = 24, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_3_2gf(RegNetOptions options) {
  return detail::regnet("regnet_y_3_2gf",
                        {.depth = 21, .w_0 = 80, .w_a = 42.63, .w_m = 2.66, .group_width = 24, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_8gf(RegNetOptions options) {
  return detail::regnet("regnet_y_8gf",
                        {.depth = 17, .w_0 = 192, .w_a = 76.82, .w_m = 2.19, .group_width = 56, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_16gf(RegNetOptions options) {
  return detail::regnet("regnet_y_16gf",
                        {.depth = 18, .w_0 = 200, .w_a = 106.23, .w_m = 2.48, .group_width = 112, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_32gf(RegNetOptions options) {
  return detail::regnet("regnet_y_32gf",
                        {.depth = 20, .w_0 = 232, .w_a = 115.89, .w_m = 2.53, .group_width = 232, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_y_128gf(RegNetOptions options) {
  return detail::regnet("regnet_y_128gf",
                        {.depth = 27, .w_0 = 456, .w_a = 160.83, .w_m = 2.52, .group_width = 264, .se_ratio = 0.25},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_400mf(RegNetOptions options) {
  return detail::regnet("regnet_x_400mf", {.depth = 22, .w_0 = 24, .w_a = 24.48, .w_m = 2.54, .group_width = 16},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_800mf(RegNetOptions options) {
  return detail::regnet("regnet_x_800mf", {.depth = 16, .w_0 = 56, .w_a = 35.73, .w_m = 2.28, .group_width = 16},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_1_6gf(RegNetOptions options) {
  return detail::regnet("regnet_x_1_6gf", {.depth = 18, .w_0 = 80, .w_a = 34.01, .w_m = 2.25, .group_width = 24},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_3_2gf(RegNetOptions options) {
  return detail::regnet("regnet_x_3_2gf", {.depth = 25, .w_0 = 88, .w_a = 26.31, .w_m = 2.25, .group_width = 48},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_8gf(RegNetOptions options) {
  return detail::regnet("regnet_x_8gf", {.depth = 23, .w_0 = 80, .w_a = 49.56, .w_m = 2.88, .group_width = 120},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_16gf(RegNetOptions options) {
  return detail::regnet("regnet_x_16gf", {.depth = 22, .w_0 = 216, .w_a = 55.59, .w_m = 2.1, .group_width = 128},
                        std::move(options));
}

HEARTH_INLINE RegNet regnet_x_32gf(RegNetOptions options) {
  return detail::regnet("regnet_x_32gf", {.depth = 23, .w_0 = 320, .w_a = 69.86, .w_m = 2.0, .group_width = 168},
                        std::move(options));
}

}  // namespace hearth::models
