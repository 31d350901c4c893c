/// MobileNetV2, as torchvision has it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.MobileNetV2.
struct MobileNetV2Options {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};      ///< weights to start from; see `load_pretrained`
  double width_mult = 1;           ///< scales the channels of every layer
  std::int64_t round_nearest = 8;  ///< channels are multiples of this
  double dropout = 0.2;            ///< before the head
};

/// The module behind MobileNetV2.
class MobileNetV2Module : public torch::nn::Cloneable<MobileNetV2Module> {
 public:
  explicit MobileNetV2Module(MobileNetV2Options options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.1"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  std::int64_t scaled(std::int64_t channels, double factor) const;

  MobileNetV2Options options_;
};

/// Sandler, Howard, Zhu, Zhmoginov, Chen: "MobileNetV2: inverted residuals and linear bottlenecks" (2018), with
/// torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(MobileNetV2, MobileNetV2Module);

/// torchvision.models.mobilenet_v2.
MobileNetV2 mobilenet_v2(MobileNetV2Options options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/mobilenet_v2.ipp>
#endif
