/// The encoder of vision transformers and the blocks that it is made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>

#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/self_attention.hpp>
#include <hearth/models/layers/token_layers.hpp>

namespace hearth::models {

/// One encoder: torchvision's parameters (seq_length, num_layers, num_heads, hidden_dim, mlp_dim, dropout,
/// attention_dropout).
struct TransformerEncoderOptions {
  std::int64_t seq_length = 197;  ///< tokens of a sequence
  std::int64_t num_layers = 12;   ///< blocks
  std::int64_t num_heads = 12;    ///< of the attention
  std::int64_t hidden_dim = 768;  ///< numbers of a token
  std::int64_t mlp_dim = 3072;    ///< width inside a block's perceptron
  double dropout = 0;             ///< of tokens, and within and after the blocks' layers
  double attention_dropout = 0;   ///< of attention weights
};

/// Self-attention and a perceptron, each beside a shortcut and after a LayerNorm.
class TransformerBlock : public torch::nn::Cloneable<TransformerBlock> {
 public:
  explicit TransformerBlock(const TransformerEncoderOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t width = options_.hidden_dim;
    ln_1 = register_module("ln_1", token_norm(width, 1e-6));
    self_attention = register_module(
        "self_attention",
        SelfAttention(SelfAttentionOptions{
            .embed_dim = width, .num_heads = options_.num_heads, .dropout = options_.attention_dropout}));
    dropout = register_module("dropout", torch::nn::Dropout(options_.dropout));
    ln_2 = register_module("ln_2", token_norm(width, 1e-6));
    mlp = register_module("mlp", token_perceptron(width, options_.mlp_dim, options_.dropout));
  }

  /// [N, tokens, hidden_dim] to the same shape
  at::Tensor forward(const at::Tensor& x) {
    // A sum has the memory layout of its first term, and the Dropout after it draws in the order of memory.
    const at::Tensor attended = dropout->forward(self_attention->forward(ln_1->forward(x))) + x;
    return attended + mlp->forward(ln_2->forward(attended));
  }

  torch::nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
  SelfAttention self_attention{nullptr};
  torch::nn::Dropout dropout{nullptr};
  Chain mlp{nullptr};

 private:
  TransformerEncoderOptions options_;
};

/// Tokens with their learned positions through all blocks and a last LayerNorm.
class TransformerEncoder : public torch::nn::Cloneable<TransformerEncoder> {
 public:
  explicit TransformerEncoder(const TransformerEncoderOptions& options) : options_(options) { reset(); }

  void reset() override {
    pos_embedding =
        register_parameter("pos_embedding", at::empty({1, options_.seq_length, options_.hidden_dim}).normal_(0, 0.02));
    dropout = register_module("dropout", torch::nn::Dropout(options_.dropout));
    layers = Chain();
    for (std::int64_t i = 0; i < options_.num_layers; ++i) {
      layers->push_back(fmt::format("encoder_layer_{}", i), std::make_shared<TransformerBlock>(options_));
    }
    register_module("layers", layers);
    ln = register_module("ln", token_norm(options_.hidden_dim, 1e-6));
  }

  /// [N, seq_length, hidden_dim] to the same shape
  at::Tensor forward(const at::Tensor& x) { return ln->forward(layers->forward(dropout->forward(x + pos_embedding))); }

  at::Tensor pos_embedding;  // [1, seq_length, hidden_dim]
  torch::nn::Dropout dropout{nullptr};
  Chain layers{nullptr};
  torch::nn::LayerNorm ln{nullptr};

 private:
  TransformerEncoderOptions options_;
};

}  // namespace hearth::models
