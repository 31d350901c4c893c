#pragma once

#include <hearth/models/vision_transformer.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/zeros.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/trunc_normal.hpp>
#include <hearth/models/layers/vision_transformer_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE VisionTransformerModule::VisionTransformerModule(const VisionTransformerShape& shape,
                                                               VisionTransformerOptions options)
    : shape_(shape), options_(std::move(options)) {
  for (const std::int64_t number :
       {shape_.patch_size, shape_.num_layers, shape_.num_heads, shape_.hidden_dim, shape_.mlp_dim}) {
    core::require(
        number >= 1,
        "VisionTransformer: patch_size, num_layers, num_heads, hidden_dim and mlp_dim must be at least 1, but got {}",
        number);
  }
  core::require(options_.num_classes >= 1, "VisionTransformer: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(image_size() >= 1 && image_size() % shape_.patch_size == 0,
                "VisionTransformer: image_size must be a multiple of the patches' {} pixels, but got {}",
                shape_.patch_size, image_size());
  core::require(options_.dropout >= 0 && options_.dropout <= 1,
                "VisionTransformer: dropout must be between 0 and 1, but got {}", options_.dropout);
  core::require(options_.attention_dropout >= 0 && options_.attention_dropout <= 1,
                "VisionTransformer: attention_dropout must be between 0 and 1, but got {}", options_.attention_dropout);
  core::require(options_.representation_size.value_or(1) >= 1,
                "VisionTransformer: representation_size must be at least 1, but got {}",
                options_.representation_size.value_or(1));
  reset();
}

HEARTH_INLINE void VisionTransformerModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  const std::int64_t patch = shape_.patch_size;
  const std::int64_t patches = (image_size() / patch) * (image_size() / patch);
  conv_proj = register_module("conv_proj",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(3, shape_.hidden_dim, patch).stride(patch)));
  class_token = register_parameter("class_token", at::zeros({1, 1, shape_.hidden_dim}));
  encoder = register_module("encoder", std::make_shared<TransformerEncoder>(
                                           TransformerEncoderOptions{.seq_length = patches + 1,
                                                                     .num_layers = shape_.num_layers,
                                                                     .num_heads = shape_.num_heads,
                                                                     .hidden_dim = shape_.hidden_dim,
                                                                     .mlp_dim = shape_.mlp_dim,
                                                                     .dropout = options_.dropout,
                                                                     .attention_dropout = options_.attention_dropout}));
  heads = register_module("heads", make_heads());
  initialise();
}

HEARTH_INLINE at::Tensor VisionTransformerModule::forward(at::Tensor x) {
  check_images("VisionTransformer", x);
  const std::int64_t size = image_size();
  core::require(
      x.size(2) == size && x.size(3) == size,
      "VisionTransformer: expects images of {0} x {0} pixels, its image_size, but got a batch {1}; resize them, "
      "or make the model for another size: vit_b_16({{.image_size = …}})",
      size, c10::str(x.sizes()));
  x = at::flatten(conv_proj->forward(x), 2).transpose(1, 2);     // [N, patches, hidden]
  x = at::cat({class_token.expand({x.size(0), -1, -1}), x}, 1);  // [N, 1 + patches, hidden]
  return heads->forward(encoder->forward(x).select(1, 0));       // of the class token alone
}

HEARTH_INLINE std::int64_t VisionTransformerModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear VisionTransformerModule::head() const {
  return heads->ptr<torch::nn::LinearImpl>(heads->size() - 1);
}

HEARTH_INLINE Chain VisionTransformerModule::make_heads() const {
  Chain layers;
  std::int64_t width = shape_.hidden_dim;
  if (options_.representation_size) {
    layers->push_back("pre_logits", torch::nn::Linear(width, *options_.representation_size));
    layers->push_back("act", torch::nn::Tanh());
    width = *options_.representation_size;
  }
  layers->push_back("head", torch::nn::Linear(width, options_.num_classes));
  return layers;
}

HEARTH_INLINE void VisionTransformerModule::initialise() {
  const auto deviation = [](std::int64_t fan_in) { return std::sqrt(1 / static_cast<double>(fan_in)); };
  trunc_normal_(conv_proj->weight, 0, deviation(3 * shape_.patch_size * shape_.patch_size));
  torch::nn::init::zeros_(conv_proj->bias);
  if (options_.representation_size) {
    const auto pre_logits = heads->ptr<torch::nn::LinearImpl>(0);
    trunc_normal_(pre_logits->weight, 0, deviation(shape_.hidden_dim));
    torch::nn::init::zeros_(pre_logits->bias);
  }
  torch::nn::init::zeros_(head()->weight);
  torch::nn::init::zeros_(head()->bias);
}

HEARTH_INLINE std::string vision_transformer_name(const std::string& name) {
  struct Rename {
    std::string_view from, to;
  };
  for (const auto& [from, to] : {Rename{".mlp.linear_1.", ".mlp.0."}, Rename{".mlp.linear_2.", ".mlp.3."}}) {
    if (const std::size_t found = name.find(from); found != std::string::npos) {
      return std::string(name).replace(found, from.size(), to);
    }
  }
  return name;
}

namespace detail {

HEARTH_INLINE VisionTransformer vision_transformer(std::string_view architecture, const VisionTransformerShape& shape,
                                                   VisionTransformerOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  if (const WeightsEntry* const entry = pretrained.entry()) {  // as torchvision: those of SWAG see 384 or 518 pixels
    const std::int64_t size = entry->min_size[0];
    core::require(options.image_size.value_or(size) == size, "{}: {} is for images of {} pixels, but image_size is {}",
                  architecture, entry->full_name, size, options.image_size.value_or(size));
    options.image_size = size;
  }
  return load_pretrained(VisionTransformer(shape, std::move(options)), pretrained, vision_transformer_name);
}

}  // namespace detail

HEARTH_INLINE VisionTransformer vit_b_16(VisionTransformerOptions options) {
  return detail::vision_transformer(
      "vit_b_16", {.patch_size = 16, .num_layers = 12, .num_heads = 12, .hidden_dim = 768, .mlp_dim = 3072},
      std::move(options));
}

HEARTH_INLINE VisionTransformer vit_b_32(VisionTransformerOptions options) {
  return detail::vision_transformer(
      "vit_b_32", {.patch_size = 32, .num_layers = 12, .num_heads = 12, .hidden_dim = 768, .mlp_dim = 3072},
      std::move(options));
}

HEARTH_INLINE VisionTransformer vit_l_16(VisionTransformerOptions options) {
  return detail::vision_transformer(
      "vit_l_16", {.patch_size = 16, .num_layers = 24, .num_heads = 16, .hidden_dim = 1024, .mlp_dim = 4096},
      std::move(options));
}

HEARTH_INLINE VisionTransformer vit_l_32(VisionTransformerOptions options) {
  return detail::vision_transformer(
      "vit_l_32", {.patch_size = 32, .num_layers = 24, .num_heads = 16, .hidden_dim = 1024, .mlp_dim = 4096},
      std::move(options));
}

HEARTH_INLINE VisionTransformer vit_h_14(VisionTransformerOptions options) {
  return detail::vision_transformer(
      "vit_h_14", {.patch_size = 14, .num_layers = 32, .num_heads = 16, .hidden_dim = 1280, .mlp_dim = 5120},
      std::move(options));
}

}  // namespace hearth::models
