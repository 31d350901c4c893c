/// ConvNeXt: convnext_tiny, small, base and large, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// What tells one ConvNeXt from another.
struct ConvNeXtShape {
  std::array<std::int64_t, 4> channels = {96, 192, 384, 768};  ///< of the four stages
  std::array<int, 4> blocks = {3, 3, 9, 3};                    ///< in each
  double stochastic_depth_prob = 0.1;                          ///< where the options give none
};

/// The options of torchvision.models.ConvNeXt.
struct ConvNeXtOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  /// The probability of leaving out the last block; it rises evenly from 0 for the first. Unless given, it is the
  /// architecture's own: 0.1 for tiny, 0.4 for small, 0.5 for base and large.
  std::optional<double> stochastic_depth_prob = {};
  double layer_scale = 1e-6;  ///< what each block's branch is multiplied by at first; learned, for each channel
};

/// The module behind ConvNeXt.
class ConvNeXtModule : public torch::nn::Cloneable<ConvNeXtModule> {
 public:
  ConvNeXtModule(const ConvNeXtShape& shape, ConvNeXtOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 32 x 32 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.2"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  double stochastic_depth_prob() const { return options_.stochastic_depth_prob.value_or(shape_.stochastic_depth_prob); }

  /// torchvision's initialisation.
  void initialise();

  ConvNeXtShape shape_;
  ConvNeXtOptions options_;
};

/// Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: "A ConvNet for the 2020s" (2022), in torchvision's version, with its
/// parameter names and initialisation.
TORCH_MODULE_IMPL(ConvNeXt, ConvNeXtModule);

/// torchvision.models.convnext_tiny.
ConvNeXt convnext_tiny(ConvNeXtOptions options = {});

/// torchvision.models.convnext_small.
ConvNeXt convnext_small(ConvNeXtOptions options = {});

/// torchvision.models.convnext_base.
ConvNeXt convnext_base(ConvNeXtOptions options = {});

/// torchvision.models.convnext_large.
ConvNeXt convnext_large(ConvNeXtOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/convnext.ipp>
#endif
