/// The networks of 3x3 convolutions: vgg11, 13, 16 and 19, with and without batch normalisation, as torchvision has
/// them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.VGG.
struct VGGOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  bool init_weights = true;    ///< start from torchvision's weights; else, and with `pretrained`, from a new layer's
  double dropout = 0.5;        ///< after the classifier's first two Linears
};

/// The module behind VGG.
class VGGModule : public torch::nn::Cloneable<VGGModule> {
 public:
  /// Builds torchvision's VGG(make_layers(…, batch_norm), …): `layers` counts the convolutions of the five stages, each
  /// of which ends in a pooling.
  VGGModule(std::array<int, 5> layers, bool batch_norm, VGGOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 32 x 32 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.6"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  Chain make_features() const;

  Chain make_classifier() const;

  std::array<int, 5> layers_;
  bool batch_norm_;
  VGGOptions options_;
};

/// Simonyan, Zisserman: "Very deep convolutional networks for large-scale image recognition" (2014), in torchvision's
/// version, with its parameter names and initialisation.
TORCH_MODULE_IMPL(VGG, VGGModule);

/// torchvision.models.vgg11.
VGG vgg11(VGGOptions options = {});

/// torchvision.models.vgg11_bn.
VGG vgg11_bn(VGGOptions options = {});

/// torchvision.models.vgg13.
VGG vgg13(VGGOptions options = {});

/// torchvision.models.vgg13_bn.
VGG vgg13_bn(VGGOptions options = {});

/// torchvision.models.vgg16.
VGG vgg16(VGGOptions options = {});

/// torchvision.models.vgg16_bn.
VGG vgg16_bn(VGGOptions options = {});

/// torchvision.models.vgg19.
VGG vgg19(VGGOptions options = {});

/// torchvision.models.vgg19_bn.
VGG vgg19_bn(VGGOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/vgg.ipp>
#endif
