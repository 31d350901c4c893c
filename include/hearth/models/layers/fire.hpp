/// The block that SqueezeNets are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>

namespace hearth::models {

/// One block: torchvision's parameters (inplanes, squeeze_planes, expand1x1_planes, expand3x3_planes).
struct FireOptions {
  std::int64_t in_channels = 96;
  std::int64_t squeeze = 16;    ///< channels of the first convolution
  std::int64_t expand1x1 = 64;  ///< of the 1x1 convolution after it
  std::int64_t expand3x3 = 64;  ///< of the 3x3 convolution after it
};

/// A 1x1 convolution to few channels, then a 1x1 and a 3x3 convolution side by side: torchvision's Fire.
class Fire : public torch::nn::Cloneable<Fire> {
 public:
  explicit Fire(const FireOptions& options) : options_(options) { reset(); }

  void reset() override {
    const auto [in, squeezed, one, three] = options_;
    squeeze = register_module("squeeze", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, squeezed, 1)));
    expand1x1 = register_module("expand1x1", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeezed, one, 1)));
    expand3x3 =
        register_module("expand3x3", torch::nn::Conv2d(torch::nn::Conv2dOptions(squeezed, three, 3).padding(1)));
  }

  /// [N, in_channels, H, W] to [N, expand1x1 + expand3x3, H, W]
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor squeezed = squeeze->forward(x).relu_();
    return at::cat({expand1x1->forward(squeezed).relu_(), expand3x3->forward(squeezed).relu_()}, 1);
  }

  torch::nn::Conv2d squeeze{nullptr}, expand1x1{nullptr}, expand3x3{nullptr};

 private:
  FireOptions options_;
};

}  // namespace hearth::models
