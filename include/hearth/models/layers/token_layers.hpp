/// The parts of a transformer's block that work on every token by itself.
#pragma once

#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

#include <hearth/models/layers/chain.hpp>

namespace hearth::models {

/// The LayerNorm of tokens of that many numbers; `eps` is added to the variance.
inline torch::nn::LayerNorm token_norm(std::int64_t width, double eps) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps));
}

/// torchvision.ops.MLP(width, [hidden, width], activation_layer=nn.GELU, dropout=dropout) as transformers have it, with
/// their initialisation: "0" and "3" are the Linears.
inline Chain token_perceptron(std::int64_t width, std::int64_t hidden, double dropout) {
  const torch::nn::Linear widen(width, hidden);
  const torch::nn::Linear narrow(hidden, width);
  for (const torch::nn::Linear& linear : {widen, narrow}) {
    torch::nn::init::xavier_uniform_(linear->weight);
    torch::nn::init::normal_(linear->bias, 0, 1e-6);
  }
  return Chain(widen, torch::nn::GELU(), torch::nn::Dropout(dropout), narrow, torch::nn::Dropout(dropout));
}

}  // namespace hearth::models
