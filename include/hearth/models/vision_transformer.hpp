/// Vision transformers: vit_b_16 and vit_b_32, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/zeros.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/trunc_normal.hpp>
#include <hearth/models/layers/vision_transformer_block.hpp>

namespace hearth::models {

/// What tells one vision transformer from another.
struct VisionTransformerShape {
  std::int64_t patch_size = 16;   ///< pixels of a side of the squares that become tokens
  std::int64_t num_layers = 12;   ///< blocks
  std::int64_t num_heads = 12;    ///< of the attention; must divide hidden_dim
  std::int64_t hidden_dim = 768;  ///< numbers of a token
  std::int64_t mlp_dim = 3072;    ///< width inside a block's perceptron
};

/// The options of torchvision.models.VisionTransformer.
struct VisionTransformerOptions {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
  std::int64_t image_size = 224;          ///< pixels of a side of all pictures; a multiple of the patches'
  double dropout = 0;                     ///< of tokens, and within and after the blocks' layers
  double attention_dropout = 0;           ///< of attention weights
  std::optional<std::int64_t> representation_size = {};  ///< width of one more layer, with a tanh, before the head
};

/// The module behind VisionTransformer.
class VisionTransformerModule : public torch::nn::Cloneable<VisionTransformerModule> {
 public:
  VisionTransformerModule(const VisionTransformerShape& shape, VisionTransformerOptions options)
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
    core::require(options_.image_size >= 1 && options_.image_size % shape_.patch_size == 0,
                  "VisionTransformer: image_size must be a multiple of the patches' {} pixels, but got {}",
                  shape_.patch_size, options_.image_size);
    core::require(options_.dropout >= 0 && options_.dropout <= 1,
                  "VisionTransformer: dropout must be between 0 and 1, but got {}", options_.dropout);
    core::require(options_.attention_dropout >= 0 && options_.attention_dropout <= 1,
                  "VisionTransformer: attention_dropout must be between 0 and 1, but got {}",
                  options_.attention_dropout);
    core::require(options_.representation_size.value_or(1) >= 1,
                  "VisionTransformer: representation_size must be at least 1, but got {}",
                  options_.representation_size.value_or(1));
    reset();
  }

  void reset() override {
    // The order in which layers are made is the order in which they draw from the random generator: torchvision's.
    const std::int64_t patch = shape_.patch_size;
    const std::int64_t patches = (options_.image_size / patch) * (options_.image_size / patch);
    conv_proj = register_module("conv_proj",
                                torch::nn::Conv2d(torch::nn::Conv2dOptions(3, shape_.hidden_dim, patch).stride(patch)));
    class_token = register_parameter("class_token", at::zeros({1, 1, shape_.hidden_dim}));
    encoder = register_module("encoder", std::make_shared<TransformerEncoder>(TransformerEncoderOptions{
                                             .seq_length = patches + 1,
                                             .num_layers = shape_.num_layers,
                                             .num_heads = shape_.num_heads,
                                             .hidden_dim = shape_.hidden_dim,
                                             .mlp_dim = shape_.mlp_dim,
                                             .dropout = options_.dropout,
                                             .attention_dropout = options_.attention_dropout}));
    heads = register_module("heads", make_heads());
    initialise();
  }

  /// Logits [N, classes] of pictures [N, 3, image_size, image_size]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x) {
    check_images("VisionTransformer", x);
    const std::int64_t size = options_.image_size;
    core::require(
        x.size(2) == size && x.size(3) == size,
        "VisionTransformer: expects pictures of {0} x {0} pixels, its image_size, but got a batch {1}; resize them, "
        "or make the model for another size: vit_b_16({{.image_size = …}})",
        size, c10::str(x.sizes()));
    x = at::flatten(conv_proj->forward(x), 2).transpose(1, 2);     // [N, patches, hidden]
    x = at::cat({class_token.expand({x.size(0), -1, -1}), x}, 1);  // [N, 1 + patches, hidden]
    return heads->forward(encoder->forward(x).select(1, 0));       // of the class token alone
  }

  std::int64_t num_classes() const { return head()->weight.size(0); }
  torch::nn::Linear head() const { return heads->ptr<torch::nn::LinearImpl>(heads->size() - 1); }
  std::string head_name() const { return "heads.head"; }

  torch::nn::Conv2d conv_proj{nullptr};
  at::Tensor class_token;  // [1, 1, hidden]
  std::shared_ptr<TransformerEncoder> encoder;
  Chain heads{nullptr};

 private:
  Chain make_heads() const {
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

  /// torchvision's initialisation of the first and last layers: the head starts from zeros.
  void initialise() {
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

  VisionTransformerShape shape_;
  VisionTransformerOptions options_;
};

/// Dosovitskiy et al.: "An image is worth 16x16 words" (2020), in torchvision's version, with its parameter names and
/// initialisation. A model is for pictures of one size.
TORCH_MODULE_IMPL(VisionTransformer, VisionTransformerModule);

/// A name in the weights files that torchvision offers, as the model has it: their "mlp.linear_1.weight" is
/// "mlp.0.weight", "mlp.linear_2.weight" is "mlp.3.weight". Other names stay. For LoadOptions::rename; `pretrained`
/// needs no more.
inline std::string vision_transformer_name(const std::string& name) {
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

inline VisionTransformer vision_transformer(const VisionTransformerShape& shape, VisionTransformerOptions options) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(VisionTransformer(shape, std::move(options)), pretrained, vision_transformer_name);
}

}  // namespace detail

/// torchvision.models.vit_b_16.
inline VisionTransformer vit_b_16(VisionTransformerOptions options = {}) {
  return detail::vision_transformer(
      {.patch_size = 16, .num_layers = 12, .num_heads = 12, .hidden_dim = 768, .mlp_dim = 3072}, std::move(options));
}

/// torchvision.models.vit_b_32.
inline VisionTransformer vit_b_32(VisionTransformerOptions options = {}) {
  return detail::vision_transformer(
      {.patch_size = 32, .num_layers = 12, .num_heads = 12, .hidden_dim = 768, .mlp_dim = 3072}, std::move(options));
}

}  // namespace hearth::models
