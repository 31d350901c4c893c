/// MNASNets of four widths, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/weights/module_state.hpp>

namespace hearth::models {

/// The options of torchvision.models.MNASNet.
struct MNASNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
  double dropout = 0.2;        ///< before the head
};

/// The module behind MNASNet.
class MNASNetModule : public torch::nn::Cloneable<MNASNetModule>, public HasStateVersion {
 public:
  /// `alpha` scales the channels of every layer but the last.
  explicit MNASNetModule(double alpha, MNASNetOptions options = {});

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W]. Throws Error when the input has another shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const;
  std::string head_name() const { return "classifier.1"; }

  /// torchvision's of today, in which alpha scales the first layers too.
  HEARTH_INLINE std::int64_t state_version() const override;

  Chain layers{nullptr}, classifier{nullptr};

 private:
  double alpha_;
  MNASNetOptions options_;
};

/// Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le: "MnasNet: platform-aware neural architecture search for mobile"
/// (2018), its variant B1, with torchvision's parameter names and initialisation.
TORCH_MODULE_IMPL(MNASNet, MNASNetModule);

/// torchvision.models.mnasnet0_5.
MNASNet mnasnet0_5(MNASNetOptions options = {});

/// torchvision.models.mnasnet0_75.
MNASNet mnasnet0_75(MNASNetOptions options = {});

/// torchvision.models.mnasnet1_0.
MNASNet mnasnet1_0(MNASNetOptions options = {});

/// torchvision.models.mnasnet1_3.
MNASNet mnasnet1_3(MNASNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/mnasnet.ipp>
#endif
