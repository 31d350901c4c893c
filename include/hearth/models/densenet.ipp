#pragma once

#include <hearth/models/densenet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <fmt/format.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/densenet_block.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE DenseNetModule::DenseNetModule(std::int64_t growth_rate, std::array<int, 4> block_config,
                                             std::int64_t num_init_features, DenseNetOptions options)
    : growth_rate_(growth_rate),
      block_config_(block_config),
      num_init_features_(num_init_features),
      options_(std::move(options)) {
  core::require(growth_rate >= 1, "DenseNet: growth_rate must be at least 1, but got {}", growth_rate);
  core::require(num_init_features >= 1, "DenseNet: num_init_features must be at least 1, but got {}",
                num_init_features);
  core::require(options_.num_classes >= 1, "DenseNet: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.bn_size >= 1, "DenseNet: bn_size must be at least 1, but got {}", options_.bn_size);
  core::require(options_.drop_rate >= 0 && options_.drop_rate <= 1,
                "DenseNet: drop_rate must be from 0 to 1, but got {}", options_.drop_rate);
  reset();
}

HEARTH_INLINE void DenseNetModule::reset() {
  features = Chain();
  features->push_back(
      "conv0", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, num_init_features_, 7).stride(2).padding(3).bias(false)));
  features->push_back("norm0", torch::nn::BatchNorm2d(num_init_features_));
  features->push_back("relu0", std::make_shared<ActivationLayer>(Activation::relu));
  features->push_back("pool0", torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).padding(1)));
  std::int64_t channels = num_init_features_;
  for (std::size_t i = 0; i < block_config_.size(); ++i) {
    features->push_back(fmt::format("denseblock{}", i + 1),
                        std::make_shared<DenseBlock>(DenseBlockOptions{.num_layers = block_config_[i],
                                                                       .num_input_features = channels,
                                                                       .bn_size = options_.bn_size,
                                                                       .growth_rate = growth_rate_,
                                                                       .drop_rate = options_.drop_rate}));
    channels += block_config_[i] * growth_rate_;
    if (i + 1 < block_config_.size()) {
      features->push_back(fmt::format("transition{}", i + 1),
                          std::make_shared<DenseTransition>(channels, channels / 2));
      channels /= 2;
    }
  }
  features->push_back("norm5", torch::nn::BatchNorm2d(channels));
  register_module("features", features);
  classifier = register_module("classifier", torch::nn::Linear(channels, options_.num_classes));
  init_convolutions(*this, torch::kFanIn);
  torch::nn::init::zeros_(classifier->bias);
}

HEARTH_INLINE at::Tensor DenseNetModule::forward(at::Tensor x) {
  check_images("DenseNet", x, {.smallest = 29});
  x = features->forward(x).relu_();                        // [N, features, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t DenseNetModule::num_classes() const {
  return classifier->weight.size(0);
}

HEARTH_INLINE std::string densenet_name(const std::string& name) {
  const std::size_t layer = name.find("denselayer");
  for (const std::string_view part : {".norm.", ".conv."}) {
    if (const std::size_t found = name.find(part, layer); layer != std::string::npos && found != std::string::npos) {
      return std::string(name).erase(found + part.size() - 1, 1);
    }
  }
  return name;
}

namespace detail {

HEARTH_INLINE DenseNet densenet(std::string_view architecture, std::int64_t growth_rate,
                                std::array<int, 4> block_config, std::int64_t num_init_features,
                                DenseNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(DenseNet(growth_rate, block_config, num_init_features, std::move(options)), pretrained,
                         densenet_name);
}

}  // namespace detail

HEARTH_INLINE DenseNet densenet121(DenseNetOptions options) {
  return detail::densenet("densenet121", 32, {6, 12, 24, 16}, 64, std::move(options));
}

HEARTH_INLINE DenseNet densenet161(DenseNetOptions options) {
  return detail::densenet("densenet161", 48, {6, 12, 36, 24}, 96, std::move(options));
}

HEARTH_INLINE DenseNet densenet169(DenseNetOptions options) {
  return detail::densenet("densenet169", 32, {6, 12, 32, 32}, 64, std::move(options));
}

HEARTH_INLINE DenseNet densenet201(DenseNetOptions options) {
  return detail::densenet("densenet201", 32, {6, 12, 48, 32}, 64, std::move(options));
}

}  // namespace hearth::models
