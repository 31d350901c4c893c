/// AlexNet, as torchvision has it.
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

/// The options of torchvision.models.AlexNet.
struct AlexNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  double dropout = 0.5;        ///< before the classifier's first two Linears
};

/// The module behind AlexNet.
class AlexNetModule : public torch::nn::Cloneable<AlexNetModule> {
 public:
  explicit AlexNetModule(AlexNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 63 x 63 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.6"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  AlexNetOptions options_;
};

/// Krizhevsky: "One weird trick for parallelizing convolutional neural networks" (2014), in torchvision's version, with
/// its parameter names and initialisation.
TORCH_MODULE_IMPL(AlexNet, AlexNetModule);

/// torchvision.models.alexnet.
AlexNet alexnet(AlexNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/alexnet.ipp>
#endif
