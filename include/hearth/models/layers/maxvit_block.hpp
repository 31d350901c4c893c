/// What MaxViT is made of: a convolutional block, attention within windows, and attention across them.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/relative_position.hpp>
#include <hearth/models/layers/squeeze_excitation.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/layers/token_layers.hpp>
#include <hearth/models/layers/trunc_normal.hpp>

namespace hearth::models {

/// One layer of MaxViT: torchvision's parameters.
struct MaxVitLayerOptions {
  std::int64_t in_channels = 64;
  std::int64_t out_channels = 64;
  double squeeze_ratio = 0.25;       ///< width of the squeeze, as a multiple of out_channels
  double expansion_ratio = 4;        ///< channels within the convolutional block, likewise
  std::int64_t stride = 1;           ///< of the convolutional block
  std::int64_t head_dim = 32;        ///< numbers of a head of the attention; must divide out_channels
  std::int64_t mlp_ratio = 4;        ///< width inside the perceptrons, as a multiple of out_channels
  double mlp_dropout = 0;            ///< after the perceptrons
  double attention_dropout = 0;      ///< after the attention
  std::int64_t partition_size = 7;   ///< pixels of a side of a window, and windows of a side of the grid
  double stochastic_depth_prob = 0;  ///< of leaving out a branch for an image
};

/// torchvision.models.maxvit.MBConv: a 1x1 convolution that widens, one on each channel by itself, squeeze and
/// excitation, and a 1x1 convolution that narrows, beside a shortcut. BatchNorm comes first, too.
class MaxVitConv : public torch::nn::Cloneable<MaxVitConv> {
 public:
  explicit MaxVitConv(const MaxVitLayerOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t in = options_.in_channels, out = options_.out_channels;
    const auto times_out = [&](double ratio) { return static_cast<std::int64_t>(static_cast<double>(out) * ratio); };
    const std::int64_t middle = times_out(options_.expansion_ratio);
    const BatchNormSettings norm{.eps = 1e-3, .momentum = 0.01};
    proj = Chain();
    if (options_.stride != 1 || in != out) {
      if (options_.stride == 2) {
        proj->push_back(torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(3).stride(2).padding(1)));
      }
      proj->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1)));
    }
    register_module("proj", proj);
    stochastic_depth = register_module("stochastic_depth", StochasticDepth(options_.stochastic_depth_prob));
    layers = Chain();
    layers->push_back("pre_norm", batch_norm(in, norm));
    layers->push_back("conv_a", conv_norm_activation({.in_channels = in,
                                                      .out_channels = middle,
                                                      .kernel_size = 1,
                                                      .norm = norm,
                                                      .activation = Activation::gelu}));
    layers->push_back("conv_b", conv_norm_activation({.in_channels = middle,
                                                      .out_channels = middle,
                                                      .stride = options_.stride,
                                                      .groups = middle,
                                                      .norm = norm,
                                                      .activation = Activation::gelu}));
    layers->push_back("squeeze_excitation",
                      SqueezeExcitation(SqueezeExcitationOptions{.input_channels = middle,
                                                                 .squeeze_channels = times_out(options_.squeeze_ratio),
                                                                 .activation = Activation::silu}));
    layers->push_back("conv_c", torch::nn::Conv2d(torch::nn::Conv2dOptions(middle, out, 1)));
    register_module("layers", layers);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor shortcut = proj->is_empty() ? x : proj->forward(x);
    return shortcut + stochastic_depth->forward(layers->forward(x));
  }

  Chain proj{nullptr}, layers{nullptr};
  StochasticDepth stochastic_depth{nullptr};

 private:
  MaxVitLayerOptions options_;
};

/// torchvision's RelativePositionalMultiHeadAttention: the tokens of a square look at one another.
class SquareAttention : public torch::nn::Cloneable<SquareAttention> {
 public:
  /// For squares of `side` x `side` tokens of `dim` numbers. Throws Error when head_dim does not divide dim.
  SquareAttention(std::int64_t dim, std::int64_t head_dim, std::int64_t side)
      : dim_(dim), head_dim_(head_dim), side_(side) {
    core::require(dim_ >= 1 && head_dim_ >= 1 && dim_ % head_dim_ == 0,
                  "MaxVit: head_dim must divide the blocks' channels, but got {} for {}", head_dim_, dim_);
    reset();
  }

  void reset() override {
    to_qkv = register_module("to_qkv", TokenLinear(dim_, 3 * dim_));
    merge = register_module("merge", TokenLinear(dim_, dim_));
    relative_position_bias_table = register_parameter("relative_position_bias_table",
                                                      at::empty({(2 * side_ - 1) * (2 * side_ - 1), dim_ / head_dim_}));
    position_index = register_buffer("relative_position_index", relative_position_index(side_, side_));
    trunc_normal_(relative_position_bias_table, 0, 0.02);
  }

  /// [N, squares, side · side, dim] to the same shape
  at::Tensor forward(const at::Tensor& x) {
    const std::int64_t tokens = x.size(2);
    const std::vector<at::Tensor> parts = to_qkv->forward(x).chunk(3, -1);
    const auto by_head = [&](const at::Tensor& part) {  // [N, squares, heads, tokens, head_dim]
      return part.reshape({x.size(0), x.size(1), tokens, dim_ / head_dim_, head_dim_}).permute({0, 1, 3, 2, 4});
    };
    const at::Tensor key = by_head(parts[1]) * std::pow(static_cast<double>(dim_), -0.5);
    at::Tensor weights = at::einsum("BGHID,BGHJD->BGHIJ", {by_head(parts[0]), key});
    weights = at::softmax(weights + relative_position_bias(relative_position_bias_table, position_index, tokens), -1);
    const at::Tensor attended = at::einsum("BGHIJ,BGHJD->BGHID", {weights, by_head(parts[2])});
    return merge->forward(attended.permute({0, 1, 3, 2, 4}).reshape(x.sizes()));
  }

  TokenLinear to_qkv{nullptr}, merge{nullptr};
  at::Tensor relative_position_bias_table;  // [offsets, heads]
  at::Tensor position_index;                // [tokens, tokens]

 private:
  std::int64_t dim_, head_dim_, side_;
};

/// Whose pixels look at one another: those of a `window` of partition_size x partition_size, or those of a
/// `grid`: at the same place of partition_size x partition_size windows, which together cover the image.
enum class Partition { window, grid };

/// torchvision's PartitionAttentionLayer: attention and a perceptron, each beside a shortcut and after a LayerNorm.
class PartitionAttention : public torch::nn::Cloneable<PartitionAttention> {
 public:
  PartitionAttention(const MaxVitLayerOptions& options, Partition partition)
      : options_(options), partition_(partition) {
    reset();
  }

  void reset() override {
    const std::int64_t dim = options_.out_channels;
    attn_layer = register_module(
        "attn_layer",
        Chain(token_norm(dim, 1e-5), std::make_shared<SquareAttention>(dim, options_.head_dim, options_.partition_size),
              torch::nn::Dropout(options_.attention_dropout)));
    const std::int64_t hidden = dim * options_.mlp_ratio;
    mlp_layer = register_module("mlp_layer", Chain(token_norm(dim, 1e-5), TokenLinear(dim, hidden), torch::nn::GELU(),
                                                   TokenLinear(hidden, dim), torch::nn::Dropout(options_.mlp_dropout)));
    stochastic_dropout = register_module("stochastic_dropout", StochasticDepth(options_.stochastic_depth_prob));
  }

  /// [N, out_channels, H, W] to the same shape; H and W must be multiples of partition_size.
  at::Tensor forward(const at::Tensor& x) {
    const std::int64_t size = options_.partition_size;
    const std::int64_t rows = x.size(2) / size, columns = x.size(3) / size;
    at::Tensor tokens;  // [N, squares, size · size, channels]
    if (partition_ == Partition::window) {
      tokens = x.reshape({x.size(0), x.size(1), rows, size, columns, size})
                   .permute({0, 2, 4, 3, 5, 1})
                   .reshape({x.size(0), rows * columns, size * size, x.size(1)});
    } else {
      tokens = x.reshape({x.size(0), x.size(1), size, rows, size, columns})
                   .permute({0, 3, 5, 2, 4, 1})
                   .reshape({x.size(0), rows * columns, size * size, x.size(1)});
    }
    tokens = tokens + stochastic_dropout->forward(attn_layer->forward(tokens));
    tokens = tokens + stochastic_dropout->forward(mlp_layer->forward(tokens));
    tokens = tokens.reshape({x.size(0), rows, columns, size, size, x.size(1)});
    return (partition_ == Partition::window ? tokens.permute({0, 5, 1, 3, 2, 4}) : tokens.permute({0, 5, 3, 1, 4, 2}))
        .reshape(x.sizes());
  }

  Chain attn_layer{nullptr}, mlp_layer{nullptr};
  StochasticDepth stochastic_dropout{nullptr};

 private:
  MaxVitLayerOptions options_;
  Partition partition_;
};

/// torchvision's MaxVitLayer, whose parts are in `layers`: the convolutions, then attention within windows and across.
inline Chain maxvit_layer(const MaxVitLayerOptions& options) {
  Chain parts;
  parts->push_back("MBconv", std::make_shared<MaxVitConv>(options));
  parts->push_back("window_attention", std::make_shared<PartitionAttention>(options, Partition::window));
  parts->push_back("grid_attention", std::make_shared<PartitionAttention>(options, Partition::grid));
  Chain layer;
  layer->push_back("layers", parts);
  return layer;
}

}  // namespace hearth::models
