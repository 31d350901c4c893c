/// The two kinds of block that residual networks are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/resnet_block_kind.hpp>

namespace hearth::models {

/// One block: torchvision's parameters (inplanes, planes, stride, groups, base_width, dilation).
struct ResNetBlockOptions {
  std::int64_t in_channels = 64;
  std::int64_t channels = 64;  ///< of the block, before its expansion
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  std::int64_t width_per_group = 64;  ///< channels of each group in a bottleneck
  std::int64_t dilation = 1;
};

namespace detail {

inline torch::nn::Conv2d conv1x1(std::int64_t in, std::int64_t out, std::int64_t stride = 1) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).stride(stride).bias(false));
}

inline torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out, std::int64_t stride = 1, std::int64_t groups = 1,
                                 std::int64_t dilation = 1) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3)
                               .stride(stride)
                               .padding(dilation)
                               .groups(groups)
                               .dilation(dilation)
                               .bias(false));
}

/// What brings a block's input to the shape of its output: nothing (an empty holder) where they have the same.
inline Chain shortcut(const ResNetBlockOptions& options, ResNetBlock block) {
  const std::int64_t out = options.channels * expansion(block);
  if (options.stride == 1 && options.in_channels == out) {
    return nullptr;
  }
  return Chain(conv1x1(options.in_channels, out, options.stride), torch::nn::BatchNorm2d(out));
}

}  // namespace detail

/// Two 3x3 convolutions beside a shortcut.
class BasicBlock : public torch::nn::Cloneable<BasicBlock> {
 public:
  /// Throws Error when groups, width_per_group or dilation is not the usual one, for this block has no others.
  explicit BasicBlock(const ResNetBlockOptions& options) : options_(options) {
    core::require(
        options.groups == 1 && options.width_per_group == 64,
        "ResNet: basic blocks have groups = 1 and width_per_group = 64 only, but got {} and {}; resnet50 and larger "
        "networks have others",
        options.groups, options.width_per_group);
    core::require(
        options.dilation == 1,
        "ResNet: basic blocks have no dilation; replace_stride_with_dilation is for resnet50 and larger networks");
    reset();
  }

  void reset() override {
    downsample = detail::shortcut(options_, ResNetBlock::basic);  // made first, registered last, as torchvision does
    conv1 = register_module("conv1", detail::conv3x3(options_.in_channels, options_.channels, options_.stride));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(options_.channels));
    conv2 = register_module("conv2", detail::conv3x3(options_.channels, options_.channels));
    bn2 = register_module("bn2", torch::nn::BatchNorm2d(options_.channels));
    if (downsample) {
      register_module("downsample", downsample);
    }
  }

  /// [N, in_channels, H, W] to [N, channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor out = bn1->forward(conv1->forward(x)).relu_();
    out = bn2->forward(conv2->forward(out));
    out += downsample ? downsample->forward(x) : x;
    return out.relu_();
  }

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
  Chain downsample{nullptr};

 private:
  ResNetBlockOptions options_;
};

/// A 1x1, a 3x3 and a 1x1 convolution beside a shortcut; the stride is on the 3x3.
class Bottleneck : public torch::nn::Cloneable<Bottleneck> {
 public:
  explicit Bottleneck(const ResNetBlockOptions& options) : options_(options) { reset(); }

  void reset() override {
    const std::int64_t width = options_.channels * options_.width_per_group / 64 * options_.groups;
    const std::int64_t out = options_.channels * expansion(ResNetBlock::bottleneck);
    downsample = detail::shortcut(options_, ResNetBlock::bottleneck);
    conv1 = register_module("conv1", detail::conv1x1(options_.in_channels, width));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(width));
    conv2 =
        register_module("conv2", detail::conv3x3(width, width, options_.stride, options_.groups, options_.dilation));
    bn2 = register_module("bn2", torch::nn::BatchNorm2d(width));
    conv3 = register_module("conv3", detail::conv1x1(width, out));
    bn3 = register_module("bn3", torch::nn::BatchNorm2d(out));
    if (downsample) {
      register_module("downsample", downsample);
    }
  }

  /// [N, in_channels, H, W] to [N, 4·channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor out = bn1->forward(conv1->forward(x)).relu_();
    out = bn2->forward(conv2->forward(out)).relu_();
    out = bn3->forward(conv3->forward(out));
    out += downsample ? downsample->forward(x) : x;
    return out.relu_();
  }

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  Chain downsample{nullptr};

 private:
  ResNetBlockOptions options_;
};

}  // namespace hearth::models
