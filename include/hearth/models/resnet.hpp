/// Residual networks, ResNeXts and wide ones among them, as torchvision has them: resnet18, 34, 50, 101, 152,
/// resnext50_32x4d, resnext101_32x8d, resnext101_64x4d, wide_resnet50_2 and wide_resnet101_2.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/resnet_block_kind.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.ResNet.
struct ResNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};       ///< weights to start from; see `load_pretrained`
  bool zero_init_residual = false;  ///< every block starts as the identity: its last BatchNorm's weight is 0
  /// The groups of the 3x3 convolutions in bottleneck blocks; 1 unless the network's name says another number.
  std::optional<std::int64_t> groups = {};
  /// The channels of each group in bottleneck blocks; 64 unless the network's name says another number.
  std::optional<std::int64_t> width_per_group = {};
  std::array<bool, 3> replace_stride_with_dilation = {};  ///< for layer2, layer3, layer4
};

/// The module behind ResNet.
class ResNetModule : public torch::nn::Cloneable<ResNetModule> {
 public:
  /// Builds torchvision's ResNet(block, layers, …): `layers` counts the blocks of the four stages.
  ResNetModule(ResNetBlock block, std::array<int, 4> layers, ResNetOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  Chain layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  std::int64_t groups() const { return options_.groups.value_or(1); }
  std::int64_t width_per_group() const { return options_.width_per_group.value_or(64); }

  Chain make_layer(std::int64_t channels, int blocks, std::int64_t stride, bool dilate);

  void zero_residuals();

  ResNetBlock block_;
  std::array<int, 4> layers_;
  ResNetOptions options_;
  std::int64_t in_channels_ = 64;  // while building: channels so far
  std::int64_t dilation_ = 1;      // while building: dilation so far
};

/// He, Zhang, Ren, Sun: "Deep residual learning for image recognition" (2015), in torchvision's version (1.5: the
/// stride of a bottleneck is on its 3x3 convolution), with its parameter names and initialisation. With more groups it
/// is Xie et al.: "Aggregated residual transformations for deep neural networks" (2016), with wider bottlenecks
/// Zagoruyko, Komodakis: "Wide residual networks" (2016).
TORCH_MODULE_IMPL(ResNet, ResNetModule);

/// torchvision.models.resnet18.
ResNet resnet18(ResNetOptions options = {});

/// torchvision.models.resnet34.
ResNet resnet34(ResNetOptions options = {});

/// torchvision.models.resnet50.
ResNet resnet50(ResNetOptions options = {});

/// torchvision.models.resnet101.
ResNet resnet101(ResNetOptions options = {});

/// torchvision.models.resnet152.
ResNet resnet152(ResNetOptions options = {});

/// torchvision.models.resnext50_32x4d. Throws Error when groups or width_per_group is set to another value.
ResNet resnext50_32x4d(ResNetOptions options = {});

/// torchvision.models.resnext101_32x8d. Throws Error when groups or width_per_group is set to another value.
ResNet resnext101_32x8d(ResNetOptions options = {});

/// torchvision.models.resnext101_64x4d. Throws Error when groups or width_per_group is set to another value.
ResNet resnext101_64x4d(ResNetOptions options = {});

/// torchvision.models.wide_resnet50_2. Throws Error when width_per_group is set to another value.
ResNet wide_resnet50_2(ResNetOptions options = {});

/// torchvision.models.wide_resnet101_2. Throws Error when width_per_group is set to another value.
ResNet wide_resnet101_2(ResNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/resnet.ipp>
#endif
