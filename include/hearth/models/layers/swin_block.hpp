/// What Swin transformers are made of: their block, and the layer that halves the image.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>

#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/layers/token_layers.hpp>
#include <hearth/models/layers/window_attention.hpp>

namespace hearth::models {

/// The eps of its LayerNorms.
inline constexpr double swin_norm_eps = 1e-5;

/// One block: torchvision's parameters.
struct SwinBlockOptions {
  WindowAttentionOptions attention = {};  ///< its dropout is the perceptron's too
  double mlp_ratio = 4;                   ///< width inside the perceptron, as a multiple of a token's
  double stochastic_depth_prob = 0;       ///< of leaving out a branch for an image
};

/// Attention within windows and a perceptron, each beside a shortcut, after a LayerNorm (v1) or before one (v2).
class SwinBlock : public torch::nn::Cloneable<SwinBlock> {
 public:
  explicit SwinBlock(const SwinBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t dim = options_.attention.dim;
    norm1 = register_module("norm1", token_norm(dim, swin_norm_eps));
    attn = register_module("attn", std::make_shared<WindowAttention>(options_.attention));
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
    norm2 = register_module("norm2", token_norm(dim, swin_norm_eps));
    const auto hidden = static_cast<std::int64_t>(static_cast<double>(dim) * options_.mlp_ratio);
    mlp = register_module("mlp", token_perceptron(dim, hidden, options_.attention.dropout));
  }

  /// [N, H, W, dim] to the same shape
  at::Tensor forward(const at::Tensor& x) {
    if (options_.attention.version == SwinVersion::v1) {
      const at::Tensor attended = x + stochastic_depth->forward(attn->forward(norm1->forward(x)));
      return attended + stochastic_depth->forward(mlp->forward(norm2->forward(attended)));
    }
    const at::Tensor attended = x + stochastic_depth->forward(norm1->forward(attn->forward(x)));
    return attended + stochastic_depth->forward(norm2->forward(mlp->forward(attended)));
  }

  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  std::shared_ptr<WindowAttention> attn;  ///< torchvision's layer of this name
  StochasticDepth stochastic_depth{nullptr};
  Chain mlp{nullptr};

 private:
  SwinBlockOptions options_;
};

/// torchvision's PatchMerging (v1) and PatchMergingV2: of every 2 x 2 tokens one of twice the width.
class PatchMerging : public torch::nn::Cloneable<PatchMerging> {
 public:
  PatchMerging(std::int64_t dim, SwinVersion version) : dim_(dim), version_(version) { reset(); }

  void reset() override {
    reduction = register_module("reduction", TokenLinear(torch::nn::LinearOptions(4 * dim_, 2 * dim_).bias(false)));
    norm = register_module("norm", token_norm(version_ == SwinVersion::v1 ? 4 * dim_ : 2 * dim_, swin_norm_eps));
  }

  /// [N, H, W, dim] to [N, H/2, W/2, 2 · dim], rounded up
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor padded = at::constant_pad_nd(x, {0, 0, 0, x.size(2) % 2, 0, x.size(1) % 2});
    const auto every_other = [&](std::int64_t row, std::int64_t column) {
      return padded.slice(1, row, {}, 2).slice(2, column, {}, 2);
    };
    const at::Tensor merged = at::cat({every_other(0, 0), every_other(1, 0), every_other(0, 1), every_other(1, 1)}, -1);
    return version_ == SwinVersion::v1 ? reduction->forward(norm->forward(merged))
                                       : norm->forward(reduction->forward(merged));
  }

  TokenLinear reduction{nullptr};
  torch::nn::LayerNorm norm{nullptr};

 private:
  std::int64_t dim_;
  SwinVersion version_;
};

}  // namespace hearth::models
