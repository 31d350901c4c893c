/// Layers one after another that may stand within one another and be cloned.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/container/sequential.h>

#include <memory>
#include <optional>

namespace hearth::models {

/// The module behind Chain.
class ChainModule : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;

  at::Tensor forward(const at::Tensor& x) { return SequentialImpl::forward(x); }

  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = {}) const override {
    auto copy = std::make_shared<ChainModule>();
    copy->train(is_training());  // before it has layers, which have modes of their own
    auto layer = begin();
    for (const auto& child : named_children()) {
      copy->push_back(child.key(), (layer++)->clone(device));
    }
    return copy;
  }
};

/// torch.nn.Sequential from tensor to tensor. LibTorch's own, which it extends, cannot be a layer of another one, and
/// its clones are in training mode and have lost the names of their layers.
TORCH_MODULE_IMPL(Chain, ChainModule);

}  // namespace hearth::models
