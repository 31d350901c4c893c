#pragma once

#include <hearth/models/resnet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/init.h>

#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/resnet_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE ResNetModule::ResNetModule(ResNetBlock block, std::array<int, 4> layers, ResNetOptions options)
    : block_(block), layers_(layers), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "ResNet: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(groups() >= 1, "ResNet: groups must be at least 1, but got {}", groups());
  core::require(width_per_group() >= 1, "ResNet: width_per_group must be at least 1, but got {}", width_per_group());
  reset();
}

HEARTH_INLINE void ResNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  in_channels_ = 64;
  dilation_ = 1;
  conv1 =
      register_module("conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(64));
  layer1 = register_module("layer1", make_layer(64, layers_[0], 1, false));
  layer2 = register_module("layer2", make_layer(128, layers_[1], 2, options_.replace_stride_with_dilation[0]));
  layer3 = register_module("layer3", make_layer(256, layers_[2], 2, options_.replace_stride_with_dilation[1]));
  layer4 = register_module("layer4", make_layer(512, layers_[3], 2, options_.replace_stride_with_dilation[2]));
  fc = register_module("fc", torch::nn::Linear(in_channels_, options_.num_classes));
  init_convolutions(*this);
  if (options_.zero_init_residual) {
    zero_residuals();
  }
}

HEARTH_INLINE at::Tensor ResNetModule::forward(at::Tensor x) {
  check_images("ResNet", x, {.channels = conv1->options.in_channels()});
  x = bn1->forward(conv1->forward(x)).relu_();  // [N, 64, H/2, W/2]
  x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
  x = layer1->forward(x);
  x = layer2->forward(x);
  x = layer3->forward(x);
  x = layer4->forward(x);                                  // [N, features, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
  return fc->forward(x);
}

HEARTH_INLINE std::int64_t ResNetModule::num_classes() const {
  return fc->weight.size(0);
}

HEARTH_INLINE Chain ResNetModule::make_layer(std::int64_t channels, int blocks, std::int64_t stride, bool dilate) {
  ResNetBlockOptions block{.in_channels = in_channels_,
                           .channels = channels,
                           .stride = dilate ? 1 : stride,
                           .groups = groups(),
                           .width_per_group = width_per_group(),
                           .dilation = dilation_};
  dilation_ *= dilate ? stride : 1;
  Chain layer;
  for (int i = 0; i < blocks; ++i) {
    if (block_ == ResNetBlock::bottleneck) {
      layer->push_back(std::make_shared<Bottleneck>(block));
    } else {
      layer->push_back(std::make_shared<BasicBlock>(block));
    }
    block.in_channels = in_channels_ = channels * expansion(block_);
    block.stride = 1;
    block.dilation = dilation_;
  }
  return layer;
}

HEARTH_INLINE void ResNetModule::zero_residuals() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* bottleneck = module->as<Bottleneck>()) {
      torch::nn::init::zeros_(bottleneck->bn3->weight);
    } else if (const auto* basic = module->as<BasicBlock>()) {
      torch::nn::init::zeros_(basic->bn2->weight);
    }
  }
}

namespace detail {

HEARTH_INLINE ResNet resnet(std::string_view architecture, ResNetBlock block, std::array<int, 4> layers,
                            ResNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(ResNet(block, layers, std::move(options)), pretrained);
}

/// Gives an option the value that a network's name says. Throws Error where the user's is another.
HEARTH_INLINE void set_option(std::string_view network, std::string_view name, std::optional<std::int64_t>& option,
                              std::int64_t value) {
  core::require(option.value_or(value) == value,
                "{}: {} is {} in this network, but got {}; resnet50 and resnet101 take any", network, name, value,
                option.value_or(value));
  option = value;
}

}  // namespace detail

HEARTH_INLINE ResNet resnet18(ResNetOptions options) {
  return detail::resnet("resnet18", ResNetBlock::basic, {2, 2, 2, 2}, std::move(options));
}

HEARTH_INLINE ResNet resnet34(ResNetOptions options) {
  return detail::resnet("resnet34", ResNetBlock::basic, {3, 4, 6, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnet50(ResNetOptions options) {
  return detail::resnet("resnet50", ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnet101(ResNetOptions options) {
  return detail::resnet("resnet101", ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnet152(ResNetOptions options) {
  return detail::resnet("resnet152", ResNetBlock::bottleneck, {3, 8, 36, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnext50_32x4d(ResNetOptions options) {
  detail::set_option("resnext50_32x4d", "groups", options.groups, 32);
  detail::set_option("resnext50_32x4d", "width_per_group", options.width_per_group, 4);
  return detail::resnet("resnext50_32x4d", ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnext101_32x8d(ResNetOptions options) {
  detail::set_option("resnext101_32x8d", "groups", options.groups, 32);
  detail::set_option("resnext101_32x8d", "width_per_group", options.width_per_group, 8);
  return detail::resnet("resnext101_32x8d", ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

HEARTH_INLINE ResNet resnext101_64x4d(ResNetOptions options) {
  detail::set_option("resnext101_64x4d", "groups", options.groups, 64);
  detail::set_option("resnext101_64x4d", "width_per_group", options.width_per_group, 4);
  return detail::resnet("resnext101_64x4d", ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

HEARTH_INLINE ResNet wide_resnet50_2(ResNetOptions options) {
  detail::set_option("wide_resnet50_2", "width_per_group", options.width_per_group, 128);
  return detail::resnet("wide_resnet50_2", ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

HEARTH_INLINE ResNet wide_resnet101_2(ResNetOptions options) {
  detail::set_option("wide_resnet101_2", "width_per_group", options.width_per_group, 128);
  return detail::resnet("wide_resnet101_2", ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

}  // namespace hearth::models
