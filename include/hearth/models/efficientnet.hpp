/// EfficientNet B0 to B7 and EfficientNetV2 S, M and L, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.EfficientNet.
struct EfficientNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};          ///< weights to start from; see `load_pretrained`
  std::optional<double> dropout = {};  ///< before the head; by default the network's own, from 0.2 to 0.5
  double stochastic_depth_prob = 0.2;  ///< block k = 0, 1, … of n is left out with this times k / n
};

/// Blocks of one kind, one after another.
struct EfficientNetStage {
  bool fused = false;              ///< FusedMBConv, else MBConv
  std::int64_t expand_ratio = 1;   ///< channels within a block, as a multiple of its input's
  std::int64_t kernel_size = 3;    ///< of the convolution that is not 1x1
  std::int64_t stride = 1;         ///< of the first block
  std::int64_t in_channels = 32;   ///< of the first block
  std::int64_t out_channels = 16;  ///< of every block
  std::int64_t blocks = 1;         ///< how many there are
};

/// What an EfficientNet is made of.
struct EfficientNetShape {
  std::vector<EfficientNetStage> stages = {};  ///< between the first layer and the last
  std::int64_t last_channels = 1280;           ///< that the head sees
  double dropout = 0.2;                        ///< where the options say nothing
  BatchNormSettings norm = {};                 ///< how its BatchNorm layers are set
};

/// What tells one of the EfficientNets B0 to B7 from another.
struct EfficientNetScale {
  double width_mult = 1;        ///< scales the channels of every layer
  double depth_mult = 1;        ///< scales the blocks of every stage
  double dropout = 0.2;         ///< where the options say nothing
  BatchNormSettings norm = {};  ///< how its BatchNorm layers are set
};

/// The module behind EfficientNet.
class EfficientNetModule : public torch::nn::Cloneable<EfficientNetModule> {
 public:
  explicit EfficientNetModule(EfficientNetShape shape, EfficientNetOptions options = {});

  /// B0, made wider and deeper.
  explicit EfficientNetModule(const EfficientNetScale& scale, EfficientNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.1"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  double dropout() const { return options_.dropout.value_or(shape_.dropout); }

  EfficientNetShape shape_;
  EfficientNetOptions options_;
};

/// Tan, Le: "EfficientNet: rethinking model scaling for convolutional neural networks" (2019) and "EfficientNetV2:
/// smaller models and faster training" (2021), with torchvision's parameter names and initialisation.
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

/// torchvision.models.efficientnet_v2_s.
EfficientNet efficientnet_v2_s(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_v2_m.
EfficientNet efficientnet_v2_m(EfficientNetOptions options = {});

/// torchvision.models.efficientnet_v2_l.
EfficientNet efficientnet_v2_l(EfficientNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/efficientnet.ipp>
#endif
