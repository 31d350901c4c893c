/// The parts of a transformer's block that work on every token by itself.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>
#include <optional>

#include <hearth/models/layers/chain.hpp>

namespace hearth::models {

/// The module behind TokenLinear.
class TokenLinearModule : public torch::nn::LinearImpl {
 public:
  using LinearImpl::LinearImpl;

  at::Tensor forward(const at::Tensor& x) { return at::linear(x, weight, bias); }

  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = {}) const override {
    auto copy = std::make_shared<TokenLinearModule>(options);
    copy->train(is_training());
    const at::NoGradGuard no_grad;
    const auto copied = [&](const at::Tensor& tensor) { return device ? tensor.to(*device) : tensor.clone(); };
    copy->weight.set_data(copied(weight));
    if (bias.defined()) {
      copy->bias.set_data(copied(bias));
    }
    return copy;
  }
};

/// torch.nn.Linear for tensors [..., in_features]. LibTorch's own, which it extends, adds the bias to more than two
/// dimensions in a second pass over the memory; Python's does not, and rounds differently.
TORCH_MODULE_IMPL(TokenLinear, TokenLinearModule);

/// The LayerNorm of tokens of that many numbers; `eps` is added to the variance.
inline torch::nn::LayerNorm token_norm(std::int64_t width, double eps) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps));
}

/// torchvision.ops.MLP(width, [hidden, width], activation_layer=nn.GELU, dropout=dropout) as transformers have it, with
/// their initialisation: "0" and "3" are the Linears.
inline Chain token_perceptron(std::int64_t width, std::int64_t hidden, double dropout) {
  const TokenLinear widen(width, hidden);
  const TokenLinear narrow(hidden, width);
  for (const TokenLinear& linear : {widen, narrow}) {
    torch::nn::init::xavier_uniform_(linear->weight);
    torch::nn::init::normal_(linear->bias, 0, 1e-6);
  }
  return Chain(widen, torch::nn::GELU(), torch::nn::Dropout(dropout), narrow, torch::nn::Dropout(dropout));
}

}  // namespace hearth::models
