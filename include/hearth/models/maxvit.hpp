/// MaxViT: maxvit_t, as torchvision has it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// What tells one MaxViT from another.
struct MaxVitShape {
  std::int64_t stem_channels = 64;                                 ///< of the two convolutions at the beginning
  std::vector<std::int64_t> block_channels = {64, 128, 256, 512};  ///< of each block
  std::vector<std::int64_t> block_layers = {2, 2, 5, 2};           ///< layers of each block
  std::int64_t head_dim = 32;                                      ///< numbers of a head of the attention
  std::int64_t partition_size = 7;     ///< pixels of a side of the windows, and windows of a side of the grid
  double stochastic_depth_prob = 0.2;  ///< where the options give none
};

/// The options of torchvision.models.MaxVit.
struct MaxVitOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  /// Height and width of all images: a square that the blocks, which halve it, leave a multiple of partition_size.
  std::array<std::int64_t, 2> input_size = {224, 224};
  double squeeze_ratio = 0.25;   ///< width of squeeze and excitation, as a multiple of a block's channels
  double expansion_ratio = 4;    ///< channels within the convolutional blocks, likewise
  std::int64_t mlp_ratio = 4;    ///< width inside the perceptrons, likewise
  double mlp_dropout = 0;        ///< after the perceptrons
  double attention_dropout = 0;  ///< after the attention
  /// The probability of leaving out the last layer's branches; it rises evenly from 0 for the first. Unless given, it
  /// is the architecture's own, 0.2.
  std::optional<double> stochastic_depth_prob = {};
};

/// The module behind MaxVit.
class MaxVitModule : public torch::nn::Cloneable<MaxVitModule> {
 public:
  MaxVitModule(MaxVitShape shape, MaxVitOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, height, width] of the model's input_size. Throws Error when the input has
  /// another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;  ///< has no bias
  std::string head_name() const { return "classifier.5"; }

  Chain stem{nullptr}, blocks{nullptr}, classifier{nullptr};

 private:
  double stochastic_depth_prob() const { return options_.stochastic_depth_prob.value_or(shape_.stochastic_depth_prob); }

  /// Throws Error where the windows do not cover the image evenly in some block.
  void check_input_size() const;

  /// torchvision's initialisation.
  void initialise();

  MaxVitShape shape_;
  MaxVitOptions options_;
};

/// Tu et al.: "MaxViT: multi-axis vision transformer" (2022), in torchvision's version, with its parameter names and
/// initialisation. A model is for images of one size.
TORCH_MODULE_IMPL(MaxVit, MaxVitModule);

/// torchvision.models.maxvit_t.
MaxVit maxvit_t(MaxVitOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/maxvit.ipp>
#endif
