/// Self-attention with several heads: every token of a sequence looks at all the others.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/token_layers.hpp>

namespace hearth::models {

/// The parameters of torch.nn.MultiheadAttention.
struct SelfAttentionOptions {
  std::int64_t embed_dim = 0;  ///< numbers of a token
  std::int64_t num_heads = 1;  ///< must divide embed_dim
  double dropout = 0;          ///< of the attention weights, while training
};

/// The module behind SelfAttention.
class SelfAttentionModule : public torch::nn::Cloneable<SelfAttentionModule> {
 public:
  explicit SelfAttentionModule(const SelfAttentionOptions& options) : options_(options) {
    core::require(options_.embed_dim >= 1 && options_.num_heads >= 1,
                  "SelfAttention: embed_dim and num_heads must be at least 1, but got {} and {}", options_.embed_dim,
                  options_.num_heads);
    core::require(options_.embed_dim % options_.num_heads == 0,
                  "SelfAttention: num_heads must divide embed_dim, but got {} heads for {}", options_.num_heads,
                  options_.embed_dim);
    core::require(options_.dropout >= 0 && options_.dropout <= 1,
                  "SelfAttention: dropout must be between 0 and 1, but got {}", options_.dropout);
    reset();
  }

  void reset() override {
    const std::int64_t width = options_.embed_dim;
    in_proj_weight = register_parameter("in_proj_weight", at::empty({3 * width, width}));
    in_proj_bias = register_parameter("in_proj_bias", at::empty({3 * width}));
    out_proj = register_module("out_proj", TokenLinear(width, width));
    torch::nn::init::xavier_uniform_(in_proj_weight);
    torch::nn::init::zeros_(in_proj_bias);
    torch::nn::init::zeros_(out_proj->bias);
  }

  /// [N, tokens, embed_dim] to the same shape. Throws Error when x has another.
  at::Tensor forward(const at::Tensor& x) {
    core::require(x.dim() == 3 && x.size(2) == options_.embed_dim,
                  "SelfAttention: expects sequences [N, tokens, {}], but got a batch {}", options_.embed_dim,
                  c10::str(x.sizes()));
    const std::int64_t heads = options_.num_heads;
    const at::Tensor projected = at::linear(x, in_proj_weight, in_proj_bias)
                                     .reshape({x.size(0), x.size(1), 3, heads, options_.embed_dim / heads})
                                     .permute({2, 0, 3, 1, 4});  // [query|key|value, N, heads, tokens, width of a head]
    const at::Tensor attended = at::scaled_dot_product_attention(projected[0], projected[1], projected[2], {},
                                                                 is_training() ? options_.dropout : 0.0);
    // [tokens, N, embed_dim] in memory, as PyTorch leaves it: a Dropout that follows draws in the order of memory.
    const at::Tensor joined = attended.permute({2, 0, 1, 3}).reshape({x.size(1), x.size(0), options_.embed_dim});
    return out_proj->forward(joined).transpose(0, 1);
  }

  at::Tensor in_proj_weight, in_proj_bias;
  TokenLinear out_proj{nullptr};

 private:
  SelfAttentionOptions options_;
};

/// Vaswani et al.: "Attention is all you need" (2017), without a mask: torch.nn.MultiheadAttention(batch_first=True)
/// called as attention(x, x, x, need_weights=False), with its parameter names, initialisation and draws.
TORCH_MODULE_IMPL(SelfAttention, SelfAttentionModule);

}  // namespace hearth::models
