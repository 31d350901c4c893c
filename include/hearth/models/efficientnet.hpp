/// EfficientNet B0 to B7, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.EfficientNet.
struct EfficientNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};          ///< weights to start from; see `load_pretrained`
  std::optional<double> dropout = {};  ///< before the head; by default the network's own, 0.2 (B0) to 0.5 (B7)
  double stochastic_depth_prob = 0.2;  ///< block k = 0, 1, … of n is left out with this times k / n
};

/// What tells one EfficientNet from another.
struct EfficientNetScale {
  double width_mult = 1;        ///< scales the channels of every layer
  double depth_mult = 1;        ///< scales the blocks of every stage
  double dropout = 0.2;         ///< where the options say nothing
  BatchNormSettings norm = {};  ///< how its BatchNorm layers are set
};

/// The module behind EfficientNet.
class EfficientNetModule : public torch::nn::Cloneable<EfficientNetModule> {
 public:
  explicit EfficientNetModule(EfficientNetScale scale, EfficientNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.1"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  double dropout() const { return options_.dropout.value_or(scale_.dropout); }

  EfficientNetScale scale_;
  EfficientNetOptions options_;
};

/// Tan, Le: "EfficientNet: rethinking model scaling for convolutional neural networks" (2019), with torchvision's
/// parameter names and initialisation.
TORCH_MODULE_IMPL(EfficientNet, EfficientNetModule);

/// torchvision.models.efficientnet_b0.
EfficientNet efficientnet_b0(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b1.
EfficientNet efficientnet_b1(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b2.
EfficientNet efficientnet_b2(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b3.
EfficientNet efficientnet_b3(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b4.
EfficientNet efficientnet_b4(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b5.
EfficientNet efficientnet_b5(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b6.
EfficientNet efficientnet_b6(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_b7.
EfficientNet efficientnet_b7(EfficientNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/efficientnet.ipp>
#endif
