#pragma once

#include <hearth/models/maxvit.hpp>

#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/maxvit_block.hpp>

namespace hearth::models {

HEARTH_INLINE MaxVitModule::MaxVitModule(MaxVitShape shape, MaxVitOptions options)
    : shape_(std::move(shape)), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "MaxVit: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(!shape_.block_channels.empty() && shape_.block_channels.size() == shape_.block_layers.size(),
                "MaxVit: block_channels and block_layers must have a number for each block, but got {} and {}",
                shape_.block_channels.size(), shape_.block_layers.size());
  for (const std::int64_t number : shape_.block_layers) {
    core::require(number >= 1, "MaxVit: every block must have at least 1 layer, but got {}", number);
  }
  for (const std::int64_t number : {shape_.stem_channels, shape_.partition_size, options_.mlp_ratio}) {
    core::require(number >= 1, "MaxVit: stem_channels, partition_size and mlp_ratio must be at least 1, but got {}",
                  number);
  }
  for (const double ratio : {options_.squeeze_ratio, options_.expansion_ratio}) {
    core::require(ratio > 0 && ratio <= 1000,
                  "MaxVit: squeeze_ratio and expansion_ratio must be above 0 and at most 1000, but got {}", ratio);
  }
  for (const double dropout : {options_.mlp_dropout, options_.attention_dropout}) {
    core::require(dropout >= 0 && dropout <= 1,
                  "MaxVit: mlp_dropout and attention_dropout must be between 0 and 1, but got {}", dropout);
  }
  const double probability = stochastic_depth_prob();
  core::require(probability >= 0 && probability <= 1,
                "MaxVit: stochastic_depth_prob must be between 0 and 1, but got {}", probability);
  check_input_size();
  reset();
}

HEARTH_INLINE void MaxVitModule::check_input_size() const {
  const auto [height, width] = options_.input_size;
  core::require(height == width && height >= 1,
                "MaxVit: input_size must be a square, for whose windows the attention is made, but got {} x {}", height,
                width);
  std::int64_t side = (height + 1) / 2;  // of the stem's output
  for (std::size_t i = 0; i < shape_.block_channels.size(); ++i) {
    side = (side + 1) / 2;
    core::require(side % shape_.partition_size == 0,
                  "MaxVit: block {} of {} gets {} x {} pixels of an input_size of {}, which is no multiple of its "
                  "windows' {}; take another input_size, a multiple of {}",
                  i, shape_.block_channels.size(), side, side, height, shape_.partition_size,
                  shape_.partition_size << (shape_.block_channels.size() + 1));
  }
}

HEARTH_INLINE void MaxVitModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  std::int64_t in = shape_.stem_channels;
  stem = register_module("stem", Chain(conv_norm_activation({.in_channels = 3,
                                                             .out_channels = in,
                                                             .stride = 2,
                                                             .norm = {.eps = 1e-3, .momentum = 0.01},
                                                             .activation = Activation::gelu}),
                                       Chain(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, in, 3).padding(1)))));
  const auto layers = std::accumulate(shape_.block_layers.begin(), shape_.block_layers.end(), std::int64_t{0});
  const double step = stochastic_depth_prob() / static_cast<double>(std::max<std::int64_t>(layers - 1, 1));
  std::int64_t made = 0;
  blocks = Chain();
  for (std::size_t i = 0; i < shape_.block_channels.size(); ++i) {
    Chain block;
    for (std::int64_t j = 0; j < shape_.block_layers[i]; ++j, ++made) {
      const bool last = made > 0 && made == layers - 1;
      block->push_back(
          maxvit_layer({.in_channels = in,
                        .out_channels = shape_.block_channels[i],
                        .squeeze_ratio = options_.squeeze_ratio,
                        .expansion_ratio = options_.expansion_ratio,
                        .stride = j == 0 ? 2 : 1,
                        .head_dim = shape_.head_dim,
                        .mlp_ratio = options_.mlp_ratio,
                        .mlp_dropout = options_.mlp_dropout,
                        .attention_dropout = options_.attention_dropout,
                        .partition_size = shape_.partition_size,
                        .stochastic_depth_prob = last ? stochastic_depth_prob() : static_cast<double>(made) * step}));
      in = shape_.block_channels[i];
    }
    Chain named;
    named->push_back("layers", block);
    blocks->push_back(named);
  }
  register_module("blocks", blocks);
  classifier = register_module(
      "classifier", Chain(torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions(1)), torch::nn::Flatten(),
                          token_norm(in, 1e-5), torch::nn::Linear(in, in), torch::nn::Tanh(),
                          torch::nn::Linear(torch::nn::LinearOptions(in, options_.num_classes).bias(false))));
  initialise();
}

HEARTH_INLINE at::Tensor MaxVitModule::forward(at::Tensor x) {
  check_images("MaxVit", x);
  const auto [height, width] = options_.input_size;
  core::require(
      x.size(2) == height && x.size(3) == width,
      "MaxVit: expects images of {} x {} pixels, its input_size, but got a batch {}; resize them, or make the "
      "model for another size: maxvit_t({{.input_size = {{448, 448}}}})",
      height, width, c10::str(x.sizes()));
  return classifier->forward(blocks->forward(stem->forward(x)));
}

HEARTH_INLINE std::int64_t MaxVitModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear MaxVitModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(5);
}

HEARTH_INLINE void MaxVitModule::initialise() {
  const auto renew = [](const auto& layer) {
    torch::nn::init::normal_(layer.weight, 0, 0.02);
    if (layer.bias.defined()) {
      torch::nn::init::zeros_(layer.bias);
    }
  };
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      renew(*convolution);
    } else if (const auto* linear = module->as<torch::nn::Linear>()) {
      renew(*linear);
    }
  }
}

HEARTH_INLINE MaxVit maxvit_t(MaxVitOptions options) {
  const Pretrained pretrained = options.pretrained.of("maxvit_t");
  return load_pretrained(MaxVit(MaxVitShape{}, std::move(options)), pretrained);
}

}  // namespace hearth::models
