/// ShuffleNetV2 of four widths, as torchvision has them.
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

/// What tells one ShuffleNetV2 from another: torchvision's stages_repeats and stages_out_channels.
struct ShuffleNetV2Shape {
  std::array<int, 3> blocks = {4, 8, 4};                             ///< of each stage
  std::array<std::int64_t, 5> channels = {24, 116, 232, 464, 1024};  ///< of the first layer, the stages, the last layer
};

/// The options of torchvision.models.ShuffleNetV2.
struct ShuffleNetV2Options {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
};

/// The module behind ShuffleNetV2.
class ShuffleNetV2Module : public torch::nn::Cloneable<ShuffleNetV2Module> {
 public:
  ShuffleNetV2Module(const ShuffleNetV2Shape& shape, ShuffleNetV2Options options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  Chain conv1{nullptr}, stage2{nullptr}, stage3{nullptr}, stage4{nullptr}, conv5{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  ShuffleNetV2Shape shape_;
  ShuffleNetV2Options options_;
};

/// Ma, Zhang, Zheng, Sun: "ShuffleNet V2: practical guidelines for efficient CNN architecture design" (2018), with
/// torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(ShuffleNetV2, ShuffleNetV2Module);

/// torchvision.models.shufflenet_v2_x0_5.
ShuffleNetV2 shufflenet_v2_x0_5(ShuffleNetV2Options options = {});

/// torchvision.models.shufflenet_v2_x1_0.
ShuffleNetV2 shufflenet_v2_x1_0(ShuffleNetV2Options options = {});

/// torchvision.models.shufflenet_v2_x1_5.
ShuffleNetV2 shufflenet_v2_x1_5(ShuffleNetV2Options options = {});

/// torchvision.models.shufflenet_v2_x2_0.
ShuffleNetV2 shufflenet_v2_x2_0(ShuffleNetV2Options options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/shufflenet_v2.ipp>
#endif
