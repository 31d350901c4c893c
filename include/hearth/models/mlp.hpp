/// The multi-layer perceptron of PyTorch's quick start.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/flatten.h>
#include <c10/util/StringUtil.h>
#include <fmt/format.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/chain.hpp>

namespace hearth::models {

struct MLPOptions {
  std::int64_t in_features = 784;                 ///< numbers of a sample
  std::vector<std::int64_t> hidden = {512, 512};  ///< widths of the hidden layers, each followed by a ReLU
  std::int64_t num_classes = 10;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
};

/// The module behind MLP.
class MLPModule : public torch::nn::Cloneable<MLPModule> {
 public:
  explicit MLPModule(MLPOptions options = {}) : options_(std::move(options)) {
    core::require(options_.in_features >= 1, "MLP: in_features must be at least 1, but got {}", options_.in_features);
    for (const std::int64_t width : options_.hidden) {
      core::require(width >= 1, "MLP: a hidden layer must be at least 1 wide, but got {}", width);
    }
    core::require(options_.num_classes >= 1, "MLP: num_classes must be at least 1, but got {}", options_.num_classes);
    reset();
  }

  void reset() override {
    linear_relu_stack = Chain();
    std::int64_t width = options_.in_features;
    for (const std::int64_t next : options_.hidden) {
      linear_relu_stack->push_back(torch::nn::Linear(width, next));
      linear_relu_stack->push_back(torch::nn::ReLU());
      width = next;
    }
    linear_relu_stack->push_back(torch::nn::Linear(width, options_.num_classes));
    register_module("linear_relu_stack", linear_relu_stack);
  }

  /// Logits [N, classes] of samples [N, ...] with in_features numbers each. Throws Error when they have others.
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor flat = x.dim() > 1 ? at::flatten(x, 1) : x;  // [N, in_features]
    core::require(flat.dim() == 2 && flat.size(1) == options_.in_features,
                  "MLP: expects samples of {} numbers [N, ...], but got a batch {}", options_.in_features,
                  c10::str(x.sizes()));
    return linear_relu_stack->forward(flat);
  }

  std::int64_t num_classes() const { return head()->weight.size(0); }
  torch::nn::Linear head() const {
    return linear_relu_stack->ptr<torch::nn::LinearImpl>(linear_relu_stack->size() - 1);
  }
  std::string head_name() const { return fmt::format("linear_relu_stack.{}", 2 * options_.hidden.size()); }

  Chain linear_relu_stack{nullptr};

 private:
  MLPOptions options_;
};

/// Linear layers with a ReLU between two: the network of PyTorch's quick start on FashionMNIST, with its parameter
/// names (linear_relu_stack.0.weight …).
TORCH_MODULE_IMPL(MLP, MLPModule);

/// An MLP; 784-512-512-10 where the options say nothing else.
inline MLP mlp(MLPOptions options = {}) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(MLP(std::move(options)), pretrained);
}

}  // namespace hearth::models
