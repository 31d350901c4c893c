/// Inception v3 with its auxiliary head, as torchvision has it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.Inception3, and the weight of its auxiliary head.
struct Inception3Options {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  bool aux_logits = true;      ///< one more head in training
  /// Takes images that were normalised by ImageNet's means and deviations for weights that were trained on others.
  /// Unless given, it does so for an entry of torchvision's, which wants that; for a file that has such weights, say
  /// true.
  std::optional<bool> transform_input = {};
  std::optional<bool> init_weights = {};  ///< normal of deviation 0.1; unless given, where there are no pretrained ones
  double dropout = 0.5;                   ///< before the head
  double aux_weight = 0.4;  ///< of the auxiliary head's loss in training, as in PyTorch's tutorial of fine-tuning
};

/// The module behind Inception3.
class Inception3Module : public torch::nn::Cloneable<Inception3Module> {
 public:
  explicit Inception3Module(Inception3Options options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 75 x 75 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  /// The same, and those of the auxiliary head, where the options have it; then images have at least 299 x 299 pixels.
  LogitsWithAuxiliary forward_with_auxiliary(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  /// AuxLogits.fc, where the options have it.
  std::vector<NamedHead> auxiliary_heads() const;

  Chain aux_logits{nullptr};  ///< AuxLogits
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  /// The logits; the auxiliary ones are added to the list, where there is one.
  at::Tensor compute(at::Tensor x, std::vector<AuxiliaryLogits>* auxiliary);

  Inception3Options options_;
  /// Up to the auxiliary head, and to the end. Their layers are registered under torchvision's names.
  std::array<Chain, 2> parts_{nullptr, nullptr};
};

/// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision" (2015), with
/// torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(Inception3, Inception3Module);

/// torchvision.models.inception_v3.
Inception3 inception_v3(Inception3Options options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/inception.ipp>
#endif
