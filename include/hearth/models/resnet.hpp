/// Residual networks, ResNeXts and wide ones among them, as torchvision has them: resnet18, 34, 50, 101, 152,
/// resnext50_32x4d, resnext101_32x8d, wide_resnet50_2 and wide_resnet101_2.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/max_pool2d.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/resnet_block.hpp>

namespace hearth::models {

/// The options of torchvision.models.ResNet.
struct ResNetOptions {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
  bool zero_init_residual = false;        ///< every block starts as the identity: its last BatchNorm's weight is 0
  /// Of the 3x3 convolutions of bottleneck blocks: 1 where the network's name says nothing else.
  std::optional<std::int64_t> groups = {};
  /// Of bottleneck blocks: 64 where the network's name says nothing else.
  std::optional<std::int64_t> width_per_group = {};
  std::array<bool, 3> replace_stride_with_dilation = {};  ///< for layer2, layer3, layer4
};

/// The module behind ResNet.
class ResNetModule : public torch::nn::Cloneable<ResNetModule> {
 public:
  /// Builds torchvision's ResNet(block, layers, …): `layers` counts the blocks of the four stages.
  ResNetModule(ResNetBlock block, std::array<int, 4> layers, ResNetOptions options)
      : block_(block), layers_(layers), options_(std::move(options)) {
    core::require(options_.num_classes >= 1, "ResNet: num_classes must be at least 1, but got {}",
                  options_.num_classes);
    core::require(groups() >= 1, "ResNet: groups must be at least 1, but got {}", groups());
    core::require(width_per_group() >= 1, "ResNet: width_per_group must be at least 1, but got {}", width_per_group());
    reset();
  }

  void reset() override {
    // The order in which layers are made is the order in which they draw from the random generator: torchvision's.
    in_channels_ = 64;
    dilation_ = 1;
    conv1 = register_module("conv1",
                            torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(64));
    layer1 = register_module("layer1", make_layer(64, layers_[0], 1, false));
    layer2 = register_module("layer2", make_layer(128, layers_[1], 2, options_.replace_stride_with_dilation[0]));
    layer3 = register_module("layer3", make_layer(256, layers_[2], 2, options_.replace_stride_with_dilation[1]));
    layer4 = register_module("layer4", make_layer(512, layers_[3], 2, options_.replace_stride_with_dilation[2]));
    fc = register_module("fc", torch::nn::Linear(in_channels_, options_.num_classes));
    init_convolutions(*this);
    if (options_.zero_init_residual) {
      zero_residuals();
    }
  }

  /// Logits [N, classes] of pictures [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x) {
    check_images("ResNet", x, {.channels = conv1->options.in_channels()});
    x = bn1->forward(conv1->forward(x)).relu_();  // [N, 64, H/2, W/2]
    x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
    x = layer1->forward(x);
    x = layer2->forward(x);
    x = layer3->forward(x);
    x = layer4->forward(x);                                  // [N, features, H/32, W/32]
    x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, features]
    return fc->forward(x);
  }

  std::int64_t num_classes() const { return fc->weight.size(0); }
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  Chain layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  std::int64_t groups() const { return options_.groups.value_or(1); }
  std::int64_t width_per_group() const { return options_.width_per_group.value_or(64); }

  Chain make_layer(std::int64_t channels, int blocks, std::int64_t stride, bool dilate) {
    ResNetBlockOptions block{.in_channels = in_channels_,
                             .channels = channels,
                             .stride = dilate ? 1 : stride,
                             .groups = groups(),
                             .width_per_group = width_per_group(),
                             .dilation = dilation_};
    dilation_ *= dilate ? stride : 1;
    Chain layer;
    for (int i = 0; i < blocks; ++i) {
      if (block_ == ResNetBlock::bottleneck) {
        layer->push_back(std::make_shared<Bottleneck>(block));
      } else {
        layer->push_back(std::make_shared<BasicBlock>(block));
      }
      block.in_channels = in_channels_ = channels * expansion(block_);
      block.stride = 1;
      block.dilation = dilation_;
    }
    return layer;
  }

  void zero_residuals() {
    for (const auto& module : modules(/*include_self=*/false)) {
      if (const auto* bottleneck = module->as<Bottleneck>()) {
        torch::nn::init::zeros_(bottleneck->bn3->weight);
      } else if (const auto* basic = module->as<BasicBlock>()) {
        torch::nn::init::zeros_(basic->bn2->weight);
      }
    }
  }

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

namespace detail {

inline ResNet resnet(ResNetBlock block, std::array<int, 4> layers, ResNetOptions options) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(ResNet(block, layers, std::move(options)), pretrained);
}

/// Gives an option the value that a network's name says. Throws Error where the user's is another.
inline void set_option(std::string_view network, std::string_view name, std::optional<std::int64_t>& option,
                       std::int64_t value) {
  core::require(option.value_or(value) == value,
                "{}: {} is {} in this network, but got {}; resnet50 and resnet101 take any", network, name, value,
                option.value_or(value));
  option = value;
}

}  // namespace detail

/// torchvision.models.resnet18.
inline ResNet resnet18(ResNetOptions options = {}) {
  return detail::resnet(ResNetBlock::basic, {2, 2, 2, 2}, std::move(options));
}

/// torchvision.models.resnet34.
inline ResNet resnet34(ResNetOptions options = {}) {
  return detail::resnet(ResNetBlock::basic, {3, 4, 6, 3}, std::move(options));
}

/// torchvision.models.resnet50.
inline ResNet resnet50(ResNetOptions options = {}) {
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

/// torchvision.models.resnet101.
inline ResNet resnet101(ResNetOptions options = {}) {
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

/// torchvision.models.resnet152.
inline ResNet resnet152(ResNetOptions options = {}) {
  return detail::resnet(ResNetBlock::bottleneck, {3, 8, 36, 3}, std::move(options));
}

/// torchvision.models.resnext50_32x4d. Throws Error when groups or width_per_group is set to another value.
inline ResNet resnext50_32x4d(ResNetOptions options = {}) {
  detail::set_option("resnext50_32x4d", "groups", options.groups, 32);
  detail::set_option("resnext50_32x4d", "width_per_group", options.width_per_group, 4);
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

/// torchvision.models.resnext101_32x8d. Throws Error when groups or width_per_group is set to another value.
inline ResNet resnext101_32x8d(ResNetOptions options = {}) {
  detail::set_option("resnext101_32x8d", "groups", options.groups, 32);
  detail::set_option("resnext101_32x8d", "width_per_group", options.width_per_group, 8);
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

/// torchvision.models.wide_resnet50_2. Throws Error when width_per_group is set to another value.
inline ResNet wide_resnet50_2(ResNetOptions options = {}) {
  detail::set_option("wide_resnet50_2", "width_per_group", options.width_per_group, 128);
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 6, 3}, std::move(options));
}

/// torchvision.models.wide_resnet101_2. Throws Error when width_per_group is set to another value.
inline ResNet wide_resnet101_2(ResNetOptions options = {}) {
  detail::set_option("wide_resnet101_2", "width_per_group", options.width_per_group, 128);
  return detail::resnet(ResNetBlock::bottleneck, {3, 4, 23, 3}, std::move(options));
}

}  // namespace hearth::models
