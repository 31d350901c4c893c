/// Attention within windows of an image: Swin transformers' first and second version.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log2.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/StringUtil.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/activation.h>

#include <array>
#include <cmath>
#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/relative_position.hpp>
#include <hearth/models/layers/swin_version.hpp>
#include <hearth/models/layers/token_layers.hpp>
#include <hearth/models/layers/trunc_normal.hpp>

namespace hearth::models {

/// torchvision's parameters of ShiftedWindowAttention. Pairs are height and width.
struct WindowAttentionOptions {
  std::int64_t dim = 96;                          ///< numbers of a token
  std::int64_t num_heads = 3;                     ///< must divide dim
  std::array<std::int64_t, 2> window_size{7, 7};  ///< tokens
  std::array<std::int64_t, 2> shift_size{0, 0};   ///< tokens by which the windows are moved; 0: not
  double dropout = 0;                             ///< of the output
  double attention_dropout = 0;                   ///< of attention weights
  SwinVersion version = SwinVersion::v1;          ///< which of the two networks it is of
};

/// torchvision's ShiftedWindowAttention and ShiftedWindowAttentionV2: every token looks at those of its window.
class WindowAttention : public torch::nn::Cloneable<WindowAttention> {
 public:
  /// Throws Error when num_heads does not divide dim, or a window is too small: v2 needs offsets of 1 at least.
  explicit WindowAttention(const WindowAttentionOptions& options) : options_(options) {
    core::require(options_.dim >= 1 && options_.num_heads >= 1 && options_.dim % options_.num_heads == 0,
                  "WindowAttention: num_heads must divide dim, but got {} heads for {}", options_.num_heads,
                  options_.dim);
    const std::int64_t smallest = options_.version == SwinVersion::v1 ? 1 : 2;
    for (const std::int64_t size : options_.window_size) {
      core::require(size >= smallest, "WindowAttention: window_size must be at least {}, but got {}", smallest, size);
    }
    reset();
  }

  void reset() override {
    const auto [height, width] = options_.window_size;
    const std::int64_t heads = options_.num_heads;
    qkv = register_module("qkv", TokenLinear(options_.dim, 3 * options_.dim));
    proj = register_module("proj", TokenLinear(options_.dim, options_.dim));
    if (options_.version == SwinVersion::v1) {
      relative_position_bias_table =
          register_parameter("relative_position_bias_table", at::zeros({(2 * height - 1) * (2 * width - 1), heads}));
      trunc_normal_(relative_position_bias_table, 0, 0.02);
    } else {
      relative_coords_table = register_buffer("relative_coords_table", coordinates());
    }
    position_index = register_buffer("relative_position_index", relative_position_index(height, width).flatten());
    if (options_.version == SwinVersion::v2) {
      logit_scale = register_parameter("logit_scale", at::full({heads, 1, 1}, 10.0).log());
      cpb_mlp = register_module("cpb_mlp",
                                Chain(TokenLinear(2, 512), torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)),
                                      TokenLinear(torch::nn::LinearOptions(512, heads).bias(false))));
    }
  }

  /// [N, H, W, dim] to the same shape. Throws Error when x has another.
  at::Tensor forward(const at::Tensor& x) {
    core::require(x.dim() == 4 && x.size(3) == options_.dim,
                  "WindowAttention: expects tokens [N, H, W, {}], but got a batch {}", options_.dim,
                  c10::str(x.sizes()));
    const auto [h, w] = options_.window_size;
    const std::int64_t images = x.size(0), height = x.size(1), width = x.size(2), dim = options_.dim;
    const std::int64_t rows = (height + h - 1) / h, columns = (width + w - 1) / w;  // of windows
    // Where one window is as large as the image, it stays where it is.
    const std::int64_t down = rows > 1 ? options_.shift_size[0] : 0;
    const std::int64_t right = columns > 1 ? options_.shift_size[1] : 0;
    const bool shifted = down + right > 0;

    at::Tensor tokens = at::constant_pad_nd(x, {0, 0, 0, columns * w - width, 0, rows * h - height});
    if (shifted) {
      tokens = at::roll(tokens, {-down, -right}, {1, 2});
    }
    tokens = tokens.reshape({images, rows, h, columns, w, dim})
                 .permute({0, 1, 3, 2, 4, 5})
                 .reshape({images * rows * columns, h * w, dim});
    tokens = attend(tokens, shifted ? mask(rows, columns, down, right, x.options()) : at::Tensor());
    tokens = tokens.reshape({images, rows, columns, h, w, dim})
                 .permute({0, 1, 3, 2, 4, 5})
                 .reshape({images, rows * h, columns * w, dim});
    if (shifted) {
      tokens = at::roll(tokens, {down, right}, {1, 2});
    }
    return tokens.slice(1, 0, height).slice(2, 0, width).contiguous();
  }

  TokenLinear qkv{nullptr}, proj{nullptr};
  at::Tensor relative_position_bias_table;  // v1: [offsets, heads]
  at::Tensor relative_coords_table;         // v2: [1, 2 height - 1, 2 width - 1, 2]
  at::Tensor position_index;                // [tokens · tokens]
  at::Tensor logit_scale;                   // v2: [heads, 1, 1]
  Chain cpb_mlp{nullptr};                   // v2: the bias of an offset

 private:
  /// Every offset within a window, on a logarithmic scale from -1 to 1.
  at::Tensor coordinates() const {
    const auto axis = [](std::int64_t size) { return at::arange(1 - size, size, at::kFloat); };
    const auto [height, width] = options_.window_size;
    at::Tensor table =
        at::stack(at::meshgrid({axis(height), axis(width)}, "ij")).permute({1, 2, 0}).contiguous().unsqueeze(0);
    table.select(3, 0).div_(height - 1);
    table.select(3, 1).div_(width - 1);
    table.mul_(8);
    return table.sign() * at::log2(table.abs() + 1.0) / 3.0;
  }

  at::Tensor bias() {
    const std::int64_t tokens = options_.window_size[0] * options_.window_size[1];
    if (options_.version == SwinVersion::v1) {
      return relative_position_bias(relative_position_bias_table, position_index, tokens);
    }
    const at::Tensor table = cpb_mlp->forward(relative_coords_table).view({-1, options_.num_heads});
    return 16 * at::sigmoid(relative_position_bias(table, position_index, tokens));
  }

  /// -100 between two tokens of a window that were not neighbours before the shift, else 0: [windows, tokens, tokens].
  at::Tensor mask(std::int64_t rows, std::int64_t columns, std::int64_t down, std::int64_t right,
                  const at::TensorOptions& type) const {
    const auto [h, w] = options_.window_size;
    const auto parts = [&](std::int64_t length, std::int64_t window, std::int64_t shift) {
      at::Tensor part = at::zeros({length}, type);
      if (shift > 0) {
        part.slice(0, length - window).add_(1);
        part.slice(0, length - shift).add_(1);
      }
      return part;
    };
    const at::Tensor part = (3 * parts(rows * h, h, down).unsqueeze(1) + parts(columns * w, w, right).unsqueeze(0))
                                .view({rows, h, columns, w})
                                .permute({0, 2, 1, 3})
                                .reshape({rows * columns, h * w});
    return (part.unsqueeze(1) - part.unsqueeze(2)).ne(0).to(type.dtype()).mul_(-100.0);
  }

  /// Attention within every window: [N · windows, tokens, dim] to the same.
  at::Tensor attend(const at::Tensor& x, const at::Tensor& mask) {
    const std::int64_t heads = options_.num_heads, tokens = x.size(1), dim = options_.dim;
    at::Tensor qkv_bias = qkv->bias;
    if (options_.version == SwinVersion::v2) {  // keys have no bias
      qkv_bias = qkv_bias.clone();
      qkv_bias.slice(0, dim, 2 * dim).zero_();
    }
    const at::Tensor projected = at::linear(x, qkv->weight, qkv_bias)
                                     .reshape({x.size(0), tokens, 3, heads, dim / heads})
                                     .permute({2, 0, 3, 1, 4});  // [query|key|value, windows, heads, tokens, of a head]
    at::Tensor query = projected[0], key = projected[1];
    at::Tensor weights;
    if (options_.version == SwinVersion::v1) {
      query = query * std::pow(static_cast<double>(dim / heads), -0.5);
      weights = at::matmul(query, key.transpose(-2, -1));
    } else {
      const auto normalise = [](const at::Tensor& y) {
        return y / at::linalg_vector_norm(y, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12).expand_as(y);
      };
      weights = at::matmul(normalise(query), normalise(key).transpose(-2, -1)) *
                at::clamp(logit_scale, {}, std::log(100.0)).exp();
    }
    weights = weights + bias();
    if (mask.defined()) {
      weights = weights.view({x.size(0) / mask.size(0), mask.size(0), heads, tokens, tokens}) +
                mask.unsqueeze(1).unsqueeze(0);
      weights = weights.view({x.size(0), heads, tokens, tokens});
    }
    weights = at::dropout(at::softmax(weights, -1), options_.attention_dropout, is_training());
    const at::Tensor attended = at::matmul(weights, projected[2]).transpose(1, 2).reshape({x.size(0), tokens, dim});
    return at::dropout(proj->forward(attended), options_.dropout, is_training());
  }

  WindowAttentionOptions options_;
};

}  // namespace hearth::models
