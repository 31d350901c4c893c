#pragma once

#include <hearth/models/shufflenet_v2.hpp>

#include <ATen/ops/max_pool2d.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/shufflenet_v2_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE ShuffleNetV2Module::ShuffleNetV2Module(const ShuffleNetV2Shape& shape, ShuffleNetV2Options options)
    : shape_(shape), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "ShuffleNetV2: num_classes must be at least 1, but got {}",
                options_.num_classes);
  for (const int number : shape_.blocks) {
    core::require(number >= 1, "ShuffleNetV2: every stage must have at least 1 block, but got {}", number);
  }
  reset();
}

HEARTH_INLINE void ShuffleNetV2Module::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  std::int64_t channels = shape_.channels[0];
  conv1 = register_module("conv1", conv_norm_activation({.in_channels = 3, .out_channels = channels, .stride = 2}));
  const auto make_stage = [&](std::size_t number) {
    Chain stage;
    for (int i = 0; i < shape_.blocks[number]; ++i) {
      stage->push_back(std::make_shared<ShuffleNetV2Block>(ShuffleNetV2BlockOptions{
          .in_channels = channels, .out_channels = shape_.channels[number + 1], .stride = i == 0 ? 2 : 1}));
      channels = shape_.channels[number + 1];
    }
    return stage;
  };
  stage2 = register_module("stage2", make_stage(0));
  stage3 = register_module("stage3", make_stage(1));
  stage4 = register_module("stage4", make_stage(2));
  conv5 = register_module(
      "conv5", conv_norm_activation({.in_channels = channels, .out_channels = shape_.channels[4], .kernel_size = 1}));
  fc = register_module("fc", torch::nn::Linear(shape_.channels[4], options_.num_classes));
}

HEARTH_INLINE at::Tensor ShuffleNetV2Module::forward(at::Tensor x) {
  check_images("ShuffleNetV2", x);
  x = at::max_pool2d(conv1->forward(x), {3, 3}, {2, 2}, {1, 1});  // [N, channels, H/4, W/4]
  x = stage4->forward(stage3->forward(stage2->forward(x)));
  x = conv5->forward(x);  // [N, features, H/32, W/32]
  return fc->forward(x.mean({2, 3}));
}

HEARTH_INLINE std::int64_t ShuffleNetV2Module::num_classes() const {
  return fc->weight.size(0);
}

namespace detail {

HEARTH_INLINE ShuffleNetV2 shufflenet_v2(std::string_view architecture, const std::array<std::int64_t, 5>& channels,
                                         ShuffleNetV2Options options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(ShuffleNetV2(ShuffleNetV2Shape{.channels = channels}, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE ShuffleNetV2 shufflenet_v2_x0_5(ShuffleNetV2Options options) {
  return detail::shufflenet_v2("shufflenet_v2_x0_5", {24, 48, 96, 192, 1024}, std::move(options));
}

HEARTH_INLINE ShuffleNetV2 shufflenet_v2_x1_0(ShuffleNetV2Options options) {
  return detail::shufflenet_v2("shufflenet_v2_x1_0", {24, 116, 232, 464, 1024}, std::move(options));
}

HEARTH_INLINE ShuffleNetV2 shufflenet_v2_x1_5(ShuffleNetV2Options options) {
  return detail::shufflenet_v2("shufflenet_v2_x1_5", {24, 176, 352, 704, 1024}, std::move(options));
}

HEARTH_INLINE ShuffleNetV2 shufflenet_v2_x2_0(ShuffleNetV2Options options) {
  return detail::shufflenet_v2("shufflenet_v2_x2_0", {24, 244, 488, 976, 2048}, std::move(options));
}

}  // namespace hearth::models
