#pragma once

#include <hearth/models/convnext.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/conv.h>

#include <cstddef>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/convnext_block.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/trunc_normal.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE ConvNeXtModule::ConvNeXtModule(const ConvNeXtShape& shape, ConvNeXtOptions options)
    : shape_(shape), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "ConvNeXt: num_classes must be at least 1, but got {}",
                options_.num_classes);
  for (const int number : shape_.blocks) {
    core::require(number >= 1, "ConvNeXt: every stage must have at least 1 block, but got {}", number);
  }
  const double probability = stochastic_depth_prob();
  core::require(probability >= 0 && probability <= 1,
                "ConvNeXt: stochastic_depth_prob must be between 0 and 1, but got {}", probability);
  reset();
}

HEARTH_INLINE void ConvNeXtModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  const auto convolution = [](std::int64_t in, std::int64_t out, std::int64_t size) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, size).stride(size));
  };
  const std::array<std::int64_t, 4>& channels = shape_.channels;
  const int blocks = std::accumulate(shape_.blocks.begin(), shape_.blocks.end(), 0);
  features = Chain();
  features->push_back(Chain(convolution(3, channels[0], 4), LayerNorm2d(channels[0])));
  int block = 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    Chain stage;
    for (int j = 0; j < shape_.blocks[i]; ++j, ++block) {
      stage->push_back(std::make_shared<CNBlock>(
          CNBlockOptions{.channels = channels[i],
                         .layer_scale = options_.layer_scale,
                         .stochastic_depth_prob = stochastic_depth_prob() * block / (blocks - 1.0)}));
    }
    features->push_back(stage);
    if (i + 1 < channels.size()) {
      features->push_back(Chain(LayerNorm2d(channels[i]), convolution(channels[i], channels[i + 1], 2)));
    }
  }
  register_module("features", features);
  classifier = register_module("classifier", Chain(LayerNorm2d(channels[3]), torch::nn::Flatten(),
                                                   torch::nn::Linear(channels[3], options_.num_classes)));
  initialise();
}

HEARTH_INLINE at::Tensor ConvNeXtModule::forward(at::Tensor x) {
  check_images("ConvNeXt", x, {.smallest = 32});
  x = features->forward(x);  // [N, channels, H/32, W/32]
  return classifier->forward(at::adaptive_avg_pool2d(x, {1, 1}));
}

HEARTH_INLINE std::int64_t ConvNeXtModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear ConvNeXtModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(2);
}

HEARTH_INLINE void ConvNeXtModule::initialise() {
  const auto renew = [](const auto& layer) {
    trunc_normal_(layer.weight, 0, 0.02);
    torch::nn::init::zeros_(layer.bias);
  };
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      renew(*convolution);
    } else if (const auto* linear = module->as<torch::nn::Linear>()) {
      renew(*linear);
    }
  }
}

namespace detail {

HEARTH_INLINE ConvNeXt convnext(std::string_view architecture, const ConvNeXtShape& shape, ConvNeXtOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(ConvNeXt(shape, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE ConvNeXt convnext_tiny(ConvNeXtOptions options) {
  return detail::convnext("convnext_tiny",
                          {.channels = {96, 192, 384, 768}, .blocks = {3, 3, 9, 3}, .stochastic_depth_prob = 0.1},
                          std::move(options));
}

HEARTH_INLINE ConvNeXt convnext_small(ConvNeXtOptions options) {
  return detail::convnext("convnext_small",
                          {.channels = {96, 192, 384, 768}, .blocks = {3, 3, 27, 3}, .stochastic_depth_prob = 0.4},
                          std::move(options));
}

HEARTH_INLINE ConvNeXt convnext_base(ConvNeXtOptions options) {
  return detail::convnext("convnext_base",
                          {.channels = {128, 256, 512, 1024}, .blocks = {3, 3, 27, 3}, .stochastic_depth_prob = 0.5},
                          std::move(options));
}

HEARTH_INLINE ConvNeXt convnext_large(ConvNeXtOptions options) {
  return detail::convnext("convnext_large",
                          {.channels = {192, 384, 768, 1536}, .blocks = {3, 3, 27, 3}, .stochastic_depth_prob = 0.5},
                          std::move(options));
}

}  // namespace hearth::models
