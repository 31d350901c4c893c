/// What GoogLeNet and Inception v3 are made of: a convolution with its BatchNorm, and blocks of several branches.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/trunc_normal.hpp>

namespace hearth::models {

/// torchvision's BasicConv2d: the layers "conv", which has no bias, "bn" and "relu"; before them the layer "pool",
/// where one is given.
inline Chain basic_conv(const torch::nn::Conv2dOptions& options, const std::optional<torch::nn::AnyModule>& pool = {}) {
  Chain layers;
  if (pool) {
    layers->push_back("pool", *pool);
  }
  layers->push_back("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(options).bias(false)));
  layers->push_back("bn", batch_norm(options.out_channels(), {.eps = 0.001}));
  layers->push_back("relu", std::make_shared<ActivationLayer>(Activation::relu));
  return layers;
}

/// One branch: its layers one after another, and the ends side by side after the last of them, where there are some.
struct InceptionBranch {
  /// Names and layers.
  using Layers = std::vector<std::pair<std::string, Chain>>;
  Layers layers = {};
  Layers ends = {};
};

/// Branches that all take the block's input, and whose outputs' channels stand one after another in its output. Every
/// layer is registered under its own name.
class InceptionBlock : public torch::nn::Cloneable<InceptionBlock> {
 public:
  explicit InceptionBlock(std::vector<InceptionBranch> branches, bool training = true)
      : branches_(std::move(branches)) {
    torch::nn::Module::train(training);  // before it has layers, which have modes of their own
    for (InceptionBranch& branch : branches_) {
      for_each_layer(branch, [&](const std::string& name, Chain& layer) { register_module(name, layer); });
    }
  }

  /// Leaves the layers as they are: `clone` copies them, rather than make them anew.
  void reset() override {}

  /// [N, channels, H, W] to [N, the branches' channels, H', W']
  at::Tensor forward(const at::Tensor& x) {
    std::vector<at::Tensor> outputs;
    for (InceptionBranch& branch : branches_) {
      at::Tensor out = x;
      for (auto& [name, layer] : branch.layers) {
        out = layer->forward(out);
      }
      for (auto& [name, end] : branch.ends) {
        outputs.push_back(end->forward(out));
      }
      if (branch.ends.empty()) {
        outputs.push_back(out);
      }
    }
    return at::cat(outputs, 1);
  }

  std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = {}) const override {
    std::vector<InceptionBranch> copies = branches_;
    for (InceptionBranch& branch : copies) {
      for_each_layer(branch, [&](const std::string&, Chain& layer) {
        layer = Chain(std::dynamic_pointer_cast<ChainModule>(layer->clone(device)));
      });
    }
    return std::make_shared<InceptionBlock>(std::move(copies), is_training());
  }

 private:
  template <class Body>
  static void for_each_layer(InceptionBranch& branch, Body body) {
    for (InceptionBranch::Layers* layers : {&branch.layers, &branch.ends}) {
      for (auto& [name, layer] : *layers) {
        body(name, layer);
      }
    }
  }

  std::vector<InceptionBranch> branches_;
};

/// Images that were normalised by ImageNet's means and deviations, as if the means and deviations had been 0.5: what
/// the weights of these networks were trained on. torchvision's _transform_input.
inline at::Tensor normalized_by_halves(const at::Tensor& x) {
  return at::cat(
      {x.narrow(1, 0, 1) * (0.229 / 0.5) + (0.485 - 0.5) / 0.5, x.narrow(1, 1, 1) * (0.224 / 0.5) + (0.456 - 0.5) / 0.5,
       x.narrow(1, 2, 1) * (0.225 / 0.5) + (0.406 - 0.5) / 0.5},
      1);
}

/// The weights of every convolution and Linear: normal within [-2, 2]. `last`, where there is one, has a deviation of
/// its own.
inline void init_truncated(const torch::nn::Module& model, double deviation,
                           const torch::nn::LinearImpl* last = nullptr, double last_deviation = 0) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      trunc_normal_(convolution->weight, 0, deviation);
    } else if (const auto* linear = module->as<torch::nn::Linear>()) {
      trunc_normal_(linear->weight, 0, linear == last ? last_deviation : deviation);
    }
  }
}

}  // namespace hearth::models
