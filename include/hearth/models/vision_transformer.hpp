/// Vision transformers: vit_b_16, vit_b_32, vit_l_16, vit_l_32 and vit_h_14, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

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
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  /// Pixels of a side of all images; a multiple of the patches'. 224, unless the entry of `pretrained` is for others.
  std::optional<std::int64_t> image_size = {};
  double dropout = 0;                                    ///< of tokens, and within and after the blocks' layers
  double attention_dropout = 0;                          ///< of attention weights
  std::optional<std::int64_t> representation_size = {};  ///< width of one more layer, with a tanh, before the head
};

class TransformerEncoder;

/// The module behind VisionTransformer.
class VisionTransformerModule : public torch::nn::Cloneable<VisionTransformerModule> {
 public:
  VisionTransformerModule(const VisionTransformerShape& shape, VisionTransformerOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, image_size, image_size]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "heads.head"; }

  torch::nn::Conv2d conv_proj{nullptr};
  at::Tensor class_token;  // [1, 1, hidden]
  /// The blocks: see layers/vision_transformer_block.hpp.
  std::shared_ptr<TransformerEncoder> encoder;
  Chain heads{nullptr};

 private:
  std::int64_t image_size() const { return options_.image_size.value_or(224); }

  Chain make_heads() const;

  /// torchvision's initialisation of the first and last layers: the head starts from zeros.
  void initialise();

  VisionTransformerShape shape_;
  VisionTransformerOptions options_;
};

/// Dosovitskiy et al.: "An image is worth 16x16 words" (2020), in torchvision's version, with its parameter names and
/// initialisation. A model is for images of one size.
TORCH_MODULE_IMPL(VisionTransformer, VisionTransformerModule);

/// A name in the weights files that torchvision offers, as the model has it: their "mlp.linear_1.weight" is
/// "mlp.0.weight", "mlp.linear_2.weight" is "mlp.3.weight". Other names stay. For LoadOptions::rename; `pretrained`
/// needs no more.
std::string vision_transformer_name(const std::string& name);

/// torchvision.models.vit_b_16.
VisionTransformer vit_b_16(VisionTransformerOptions options = {});

/// torchvision.models.vit_b_32.
VisionTransformer vit_b_32(VisionTransformerOptions options = {});

/// torchvision.models.vit_l_16.
VisionTransformer vit_l_16(VisionTransformerOptions options = {});

/// torchvision.models.vit_l_32.
VisionTransformer vit_l_32(VisionTransformerOptions options = {});

/// torchvision.models.vit_h_14.
VisionTransformer vit_h_14(VisionTransformerOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/vision_transformer.ipp>
#endif
