/// GoogLeNet with its auxiliary heads, as torchvision has it.
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

/// The options of torchvision.models.GoogLeNet, and the weight of its auxiliary heads.
struct GoogLeNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  /// Two more heads in training. Unless given, there are some but where the weights are an entry of torchvision's,
  /// whose auxiliary heads were never trained.
  std::optional<bool> aux_logits = {};
  /// Takes images that were normalised by ImageNet's means and deviations for weights that were trained on others.
  /// Unless given, it does so for an entry of torchvision's, which wants that; for a file that has such weights, say
  /// true.
  std::optional<bool> transform_input = {};
  std::optional<bool> init_weights =
      {};                    ///< normal of deviation 0.01; unless given, where there are no pretrained ones
  double dropout = 0.2;      ///< before the head
  double dropout_aux = 0.7;  ///< before the auxiliary heads
  double aux_weight = 0.3;   ///< of an auxiliary head's loss in training, as in the paper
};

/// The module behind GoogLeNet.
class GoogLeNetModule : public torch::nn::Cloneable<GoogLeNetModule> {
 public:
  explicit GoogLeNetModule(GoogLeNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 15 x 15 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  /// The same, and those of the auxiliary heads, aux1 and aux2, where the options have them.
  LogitsWithAuxiliary forward_with_auxiliary(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  /// aux1.fc2 and aux2.fc2, where the options have them.
  std::vector<NamedHead> auxiliary_heads() const;

  Chain aux1{nullptr}, aux2{nullptr};
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  bool has_auxiliary() const { return options_.aux_logits.value_or(true); }
  Chain make_auxiliary(std::int64_t channels) const;

  /// The logits; the auxiliary ones are added to the list, where there is one.
  at::Tensor compute(at::Tensor x, std::vector<AuxiliaryLogits>* auxiliary);

  GoogLeNetOptions options_;
  /// Up to the first auxiliary head, to the second, and to the end. Their layers are registered under torchvision's
  /// names.
  std::array<Chain, 3> parts_{nullptr, nullptr, nullptr};
};

/// Szegedy et al.: "Going deeper with convolutions" (2014), in torchvision's version, which has BatchNorms and 3x3
/// convolutions in the place of 5x5 ones, with its parameter names and initialisation.
TORCH_MODULE_IMPL(GoogLeNet, GoogLeNetModule);

/// torchvision.models.googlenet.
GoogLeNet googlenet(GoogLeNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/googlenet.ipp>
#endif
