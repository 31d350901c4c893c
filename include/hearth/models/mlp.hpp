/// The multi-layer perceptron of PyTorch's quick start.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

struct MLPOptions {
  std::int64_t in_features = 784;                 ///< numbers of a sample
  std::vector<std::int64_t> hidden = {512, 512};  ///< widths of the hidden layers, each followed by a ReLU
  std::int64_t num_classes = 10;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
};

/// The module behind MLP.
class MLPModule : public torch::nn::Cloneable<MLPModule> {
 public:
  explicit MLPModule(MLPOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of samples [N, ...] with in_features numbers each. Throws Error when they have others.
  at::Tensor forward(const at::Tensor& x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const;

  Chain linear_relu_stack{nullptr};

 private:
  MLPOptions options_;
};

/// Linear layers with a ReLU between two: the network of PyTorch's quick start on FashionMNIST, with its parameter
/// names (linear_relu_stack.0.weight …).
TORCH_MODULE_IMPL(MLP, MLPModule);

/// An MLP; 784-512-512-10 where the options say nothing else.
MLP mlp(MLPOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/mlp.ipp>
#endif
