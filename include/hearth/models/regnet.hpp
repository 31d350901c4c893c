/// RegNets, as torchvision has them: regnet_y_400mf to 128gf, with squeeze and excitation, and regnet_x_400mf to 32gf,
/// without.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// What tells one RegNet from another: the paper's parameters. Block i would have w_0 + w_a * i channels; these are
/// rounded to powers of w_m times w_0, and those of equal width make a stage.
struct RegNetShape {
  std::int64_t depth = 16;              ///< blocks in all
  std::int64_t w_0 = 48;                ///< channels of the first block, a multiple of 8
  double w_a = 27.89;                   ///< channels that each block would have more than the one before
  double w_m = 2.09;                    ///< how much wider a stage is than the one before, or a power of it
  std::int64_t group_width = 8;         ///< channels of each group of the 3x3 convolutions
  double bottleneck_multiplier = 1;     ///< channels within a block, as a multiple of its output's
  std::optional<double> se_ratio = {};  ///< of the squeezed channels; std::nullopt: no squeeze and excitation
};

/// The options of torchvision.models.RegNet.
struct RegNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};    ///< weights to start from; see `load_pretrained`
  std::int64_t stem_width = 32;  ///< channels of the first layer
  BatchNormSettings norm = {};   ///< how its BatchNorm layers are set
};

/// The module behind RegNet.
class RegNetModule : public torch::nn::Cloneable<RegNetModule> {
 public:
  RegNetModule(const RegNetShape& shape, RegNetOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return fc; }
  std::string head_name() const { return "fc"; }

  Chain stem{nullptr}, trunk_output{nullptr};
  torch::nn::Linear fc{nullptr};

 private:
  RegNetShape shape_;
  RegNetOptions options_;
};

/// Radosavovic, Kosaraju, Girshick, He, Dollar: "Designing network design spaces" (2020), with torchvision's parameter
/// names and initialisation.
TORCH_MODULE_IMPL(RegNet, RegNetModule);

/// torchvision.models.regnet_y_400mf.
RegNet regnet_y_400mf(RegNetOptions options = {});

/// torchvision.models.regnet_y_800mf.
RegNet regnet_y_800mf(RegNetOptions options = {});

/// torchvision.models.regnet_y_1_6gf.
RegNet regnet_y_1_6gf(RegNetOptions options = {});

/// torchvision.models.regnet_y_3_2gf.
RegNet regnet_y_3_2gf(RegNetOptions options = {});

/// torchvision.models.regnet_y_8gf.
RegNet regnet_y_8gf(RegNetOptions options = {});

/// torchvision.models.regnet_y_16gf.
RegNet regnet_y_16gf(RegNetOptions options = {});

/// torchvision.models.regnet_y_32gf.
RegNet regnet_y_32gf(RegNetOptions options = {});

/// torchvision.models.regnet_y_128gf.
RegNet regnet_y_128gf(RegNetOptions options = {});

/// torchvision.models.regnet_x_400mf.
RegNet regnet_x_400mf(RegNetOptions options = {});

/// torchvision.models.regnet_x_800mf.
RegNet regnet_x_800mf(RegNetOptions options = {});

/// torchvision.models.regnet_x_1_6gf.
RegNet regnet_x_1_6gf(RegNetOptions options = {});

/// torchvision.models.regnet_x_3_2gf.
RegNet regnet_x_3_2gf(RegNetOptions options = {});

/// torchvision.models.regnet_x_8gf.
RegNet regnet_x_8gf(RegNetOptions options = {});

/// torchvision.models.regnet_x_16gf.
RegNet regnet_x_16gf(RegNetOptions options = {});

/// torchvision.models.regnet_x_32gf.
RegNet regnet_x_32gf(RegNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/regnet.ipp>
#endif
