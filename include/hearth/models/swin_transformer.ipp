#pragma once

#include <hearth/models/swin_transformer.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/container/functional.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/swin_block.hpp>
#include <hearth/models/layers/trunc_normal.hpp>

namespace hearth::models {

HEARTH_INLINE SwinTransformerModule::SwinTransformerModule(SwinTransformerShape shape, SwinTransformerOptions options)
    : shape_(std::move(shape)), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "SwinTransformer: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(!shape_.depths.empty() && shape_.depths.size() == shape_.num_heads.size(),
                "SwinTransformer: depths and num_heads must have a number for each stage, but got {} and {}",
                shape_.depths.size(), shape_.num_heads.size());
  for (const std::int64_t number : shape_.depths) {
    core::require(number >= 1, "SwinTransformer: every stage must have at least 1 block, but got {}", number);
  }
  for (const std::int64_t number : {shape_.patch_size[0], shape_.patch_size[1], shape_.embed_dim}) {
    core::require(number >= 1, "SwinTransformer: patch_size and embed_dim must be at least 1, but got {}", number);
  }
  core::require(options_.mlp_ratio > 0 && options_.mlp_ratio <= 1000,
                "SwinTransformer: mlp_ratio must be above 0 and at most 1000, but got {}", options_.mlp_ratio);
  core::require(options_.dropout >= 0 && options_.dropout <= 1,
                "SwinTransformer: dropout must be between 0 and 1, but got {}", options_.dropout);
  core::require(options_.attention_dropout >= 0 && options_.attention_dropout <= 1,
                "SwinTransformer: attention_dropout must be between 0 and 1, but got {}", options_.attention_dropout);
  const double probability = stochastic_depth_prob();
  core::require(probability >= 0 && probability <= 1,
                "SwinTransformer: stochastic_depth_prob must be between 0 and 1, but got {}", probability);
  reset();
}

HEARTH_INLINE void SwinTransformerModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  const auto [patch_height, patch_width] = shape_.patch_size;
  std::int64_t dim = shape_.embed_dim;
  features = Chain();
  features->push_back(
      Chain(torch::nn::Conv2d(
                torch::nn::Conv2dOptions(3, dim, {patch_height, patch_width}).stride({patch_height, patch_width})),
            torch::nn::Functional([](const at::Tensor& x) {
              return x.permute({0, 2, 3, 1});
            }),
            token_norm(dim, swin_norm_eps)));
  const auto blocks = static_cast<double>(std::accumulate(shape_.depths.begin(), shape_.depths.end(), std::int64_t{0}));
  double block = 0;
  for (std::size_t i = 0; i < shape_.depths.size(); ++i) {
    Chain stage;
    for (std::int64_t j = 0; j < shape_.depths[i]; ++j, ++block) {
      const auto [height, width] = shape_.window_size;
      const std::array<std::int64_t, 2> shift{j % 2 * (height / 2), j % 2 * (width / 2)};  // of every second block
      stage->push_back(std::make_shared<SwinBlock>(
          SwinBlockOptions{.attention = {.dim = dim,
                                         .num_heads = shape_.num_heads[i],
                                         .window_size = shape_.window_size,
                                         .shift_size = shift,
                                         .dropout = options_.dropout,
                                         .attention_dropout = options_.attention_dropout,
                                         .version = shape_.version},
                           .mlp_ratio = options_.mlp_ratio,
                           .stochastic_depth_prob = stochastic_depth_prob() * block / std::max(blocks - 1, 1.0)}));
    }
    features->push_back(stage);
    if (i + 1 < shape_.depths.size()) {
      features->push_back(std::make_shared<PatchMerging>(dim, shape_.version));
      dim *= 2;
    }
  }
  register_module("features", features);
  norm = register_module("norm", token_norm(dim, swin_norm_eps));
  head_ = register_module("head", torch::nn::Linear(dim, options_.num_classes));
  initialise();
}

HEARTH_INLINE at::Tensor SwinTransformerModule::forward(at::Tensor x) {
  check_images("SwinTransformer", x, {.smallest = std::max(shape_.patch_size[0], shape_.patch_size[1])});
  x = norm->forward(features->forward(x)).permute({0, 3, 1, 2});  // [N, dim, H/32, W/32]
  return head_->forward(at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1));
}

HEARTH_INLINE std::int64_t SwinTransformerModule::num_classes() const {
  return head_->weight.size(0);
}

HEARTH_INLINE void SwinTransformerModule::initialise() {
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* linear = module->as<torch::nn::Linear>()) {
      trunc_normal_(linear->weight, 0, 0.02);
      if (linear->bias.defined()) {
        torch::nn::init::zeros_(linear->bias);
      }
    }
  }
}

namespace detail {

HEARTH_INLINE SwinTransformer swin_transformer(std::string_view architecture, SwinTransformerShape shape,
                                               SwinTransformerOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(SwinTransformer(std::move(shape), std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE SwinTransformer swin_t(SwinTransformerOptions options) {
  return detail::swin_transformer("swin_t", {}, std::move(options));
}

HEARTH_INLINE SwinTransformer swin_s(SwinTransformerOptions options) {
  return detail::swin_transformer("swin_s", {.depths = {2, 2, 18, 2}, .stochastic_depth_prob = 0.3},
                                  std::move(options));
}

HEARTH_INLINE SwinTransformer swin_b(SwinTransformerOptions options) {
  return detail::swin_transformer(
      "swin_b", {.embed_dim = 128, .depths = {2, 2, 18, 2}, .num_heads = {4, 8, 16, 32}, .stochastic_depth_prob = 0.5},
      std::move(options));
}

HEARTH_INLINE SwinTransformer swin_v2_t(SwinTransformerOptions options) {
  return detail::swin_transformer("swin_v2_t", {.window_size = {8, 8}, .version = SwinVersion::v2}, std::move(options));
}

HEARTH_INLINE SwinTransformer swin_v2_s(SwinTransformerOptions options) {
  return detail::swin_transformer(
      "swin_v2_s",
      {.depths = {2, 2, 18, 2}, .window_size = {8, 8}, .stochastic_depth_prob = 0.3, .version = SwinVersion::v2},
      std::move(options));
}

HEARTH_INLINE SwinTransformer swin_v2_b(SwinTransformerOptions options) {
  return detail::swin_transformer("swin_v2_b",
                                  {.embed_dim = 128,
                                   .depths = {2, 2, 18, 2},
                                   .num_heads = {4, 8, 16, 32},
                                   .window_size = {8, 8},
                                   .stochastic_depth_prob = 0.5,
                                   .version = SwinVersion::v2},
                                  std::move(options));
}

}  // namespace hearth::models
