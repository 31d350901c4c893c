/// MobileNetV3, small and large, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The two networks of the paper: `small`, its table 2, and `large`, table 1.
enum class MobileNetV3Size { small, large };

/// The options of torchvision.models.mobilenet_v3_small and mobilenet_v3_large.
struct MobileNetV3Options {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  double width_mult = 1;       ///< scales the channels of every layer
  bool reduced_tail = false;   ///< half the channels in the last blocks
  bool dilated = false;        ///< the last blocks keep the resolution and are dilated instead
  double dropout = 0.2;        ///< before the head
};

struct InvertedResidualV3Options;

/// The module behind MobileNetV3.
class MobileNetV3Module : public torch::nn::Cloneable<MobileNetV3Module> {
 public:
  explicit MobileNetV3Module(MobileNetV3Size size, MobileNetV3Options options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.3"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  std::int64_t tail_divisor() const { return options_.reduced_tail ? 2 : 1; }
  std::int64_t scaled(std::int64_t channels) const;

  /// The blocks as the options want them.
  std::vector<InvertedResidualV3Options> scaled_blocks() const;

  MobileNetV3Size size_;
  MobileNetV3Options options_;
};

/// Howard et al.: "Searching for MobileNetV3" (2019), with torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(MobileNetV3, MobileNetV3Module);

/// torchvision.models.mobilenet_v3_small.
MobileNetV3 mobilenet_v3_small(MobileNetV3Options options = {});

/// torchvision.models.mobilenet_v3_large.
MobileNetV3 mobilenet_v3_large(MobileNetV3Options options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/mobilenet_v3.ipp>
#endif
