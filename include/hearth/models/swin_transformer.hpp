/// Swin transformers: swin_t, swin_s, swin_b and swin_v2_t, swin_v2_s, swin_v2_b, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/swin_version.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// What tells one Swin transformer from another. Pairs are height and width.
struct SwinTransformerShape {
  std::array<std::int64_t, 2> patch_size = {4, 4};       ///< pixels of the squares that become tokens
  std::int64_t embed_dim = 96;                           ///< numbers of a token in the first stage; they double in each
  std::vector<std::int64_t> depths = {2, 2, 6, 2};       ///< blocks of each stage
  std::vector<std::int64_t> num_heads = {3, 6, 12, 24};  ///< of the attention, in each stage
  std::array<std::int64_t, 2> window_size = {7, 7};      ///< tokens that look at one another
  double stochastic_depth_prob = 0.2;                    ///< where the options give none
  SwinVersion version = SwinVersion::v1;                 ///< which of the two networks it is
};

/// The options of torchvision.models.SwinTransformer.
struct SwinTransformerOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};    ///< weights to start from; see `load_pretrained`
  double mlp_ratio = 4;          ///< width inside a block's perceptron, as a multiple of a token's
  double dropout = 0;            ///< after the attention, and within and after the perceptrons
  double attention_dropout = 0;  ///< of attention weights
  /// The probability of leaving out the last block; it rises evenly from 0 for the first. Unless given, it is the
  /// architecture's own: 0.2 for t, 0.3 for s, 0.5 for b.
  std::optional<double> stochastic_depth_prob = {};
};

/// The module behind SwinTransformer.
class SwinTransformerModule : public torch::nn::Cloneable<SwinTransformerModule> {
 public:
  SwinTransformerModule(SwinTransformerShape shape, SwinTransformerOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] that have a patch at least; sizes that do not fit the windows are
  /// padded. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return head_; }
  std::string head_name() const { return "head"; }

  Chain features{nullptr};
  torch::nn::LayerNorm norm{nullptr};

 private:
  double stochastic_depth_prob() const { return options_.stochastic_depth_prob.value_or(shape_.stochastic_depth_prob); }

  /// torchvision's initialisation.
  void initialise();

  SwinTransformerShape shape_;
  SwinTransformerOptions options_;
  torch::nn::Linear head_{nullptr};
};

/// Liu et al.: "Swin transformer: hierarchical vision transformer using shifted windows" (2021) and "Swin transformer
/// V2" (2021), in torchvision's version, with its parameter names and initialisation.
TORCH_MODULE_IMPL(SwinTransformer, SwinTransformerModule);

/// torchvision.models.swin_t.
SwinTransformer swin_t(SwinTransformerOptions options = {});

/// torchvision.models.swin_s.
SwinTransformer swin_s(SwinTransformerOptions options = {});

/// torchvision.models.swin_b.
SwinTransformer swin_b(SwinTransformerOptions options = {});

/// torchvision.models.swin_v2_t.
SwinTransformer swin_v2_t(SwinTransformerOptions options = {});

/// torchvision.models.swin_v2_s.
SwinTransformer swin_v2_s(SwinTransformerOptions options = {});

/// torchvision.models.swin_v2_b.
SwinTransformer swin_v2_b(SwinTransformerOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/swin_transformer.ipp>
#endif
