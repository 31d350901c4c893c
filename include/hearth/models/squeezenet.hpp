/// SqueezeNet 1.0 and 1.1, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.SqueezeNet.
struct SqueezeNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  double dropout = 0.5;        ///< before the head
};

/// v1_0 is the paper's network, v1_1 the authors' second one, which pools earlier and needs 2.4 times less computation.
enum class SqueezeNetVersion { v1_0, v1_1 };

/// The module behind SqueezeNet.
class SqueezeNetModule : public torch::nn::Cloneable<SqueezeNetModule> {
 public:
  explicit SqueezeNetModule(SqueezeNetVersion version, SqueezeNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 21 x 21 pixels, 17 x 17 for version 1.1. Throws Error when
  /// the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;

  /// A 1x1 convolution, for the network has no Linear.
  torch::nn::Conv2d head() const;
  std::string head_name() const { return "classifier.1"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  Chain make_features() const;

  SqueezeNetVersion version_;
  SqueezeNetOptions options_;
};

/// Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
/// < 0.5 MB model size" (2016), with torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(SqueezeNet, SqueezeNetModule);

/// torchvision.models.squeezenet1_0.
SqueezeNet squeezenet1_0(SqueezeNetOptions options = {});

/// torchvision.models.squeezenet1_1.
SqueezeNet squeezenet1_1(SqueezeNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/squeezenet.ipp>
#endif
