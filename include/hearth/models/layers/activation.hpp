/// The activation functions that networks name in their options.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/relu6.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <torch/nn/cloneable.h>

#include <utility>

#include <hearth/core/error.hpp>

namespace hearth::models {

/// Functions of torch.nn: ReLU, ReLU6, SiLU, GELU, Hardswish, Sigmoid, Hardsigmoid.
enum class Activation { relu, relu6, silu, gelu, hardswish, sigmoid, hardsigmoid };

/// The function of every number of x, as a new tensor.
inline at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::relu6:
      return at::relu6(x);
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::hardswish:
      return at::hardswish(x);
    case Activation::sigmoid:
      return at::sigmoid(x);
    case Activation::hardsigmoid:
      return at::hardsigmoid(x);
  }
  core::fail("activate: there is no activation {}", static_cast<int>(activation));
}

/// The function of every number of x, in x's own memory.
inline at::Tensor activate_(at::Tensor x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu_(x);
    case Activation::relu6:
      return at::relu6_(x);
    case Activation::silu:
      return at::silu_(x);
    case Activation::gelu:
      return at::gelu_(x);
    case Activation::hardswish:
      return at::hardswish_(x);
    case Activation::sigmoid:
      return at::sigmoid_(x);
    case Activation::hardsigmoid:
      return at::hardsigmoid_(x);
  }
  core::fail("activate_: there is no activation {}", static_cast<int>(activation));
}

/// An activation as a layer of a Sequential: torch.nn.ReLU6(inplace=True) and its like. It works in its input's memory.
class ActivationLayer : public torch::nn::Cloneable<ActivationLayer> {
 public:
  explicit ActivationLayer(Activation activation) : activation_(activation) {}

  void reset() override {}

  at::Tensor forward(at::Tensor x) { return activate_(std::move(x), activation_); }

 private:
  Activation activation_;
};

}  // namespace hearth::models
