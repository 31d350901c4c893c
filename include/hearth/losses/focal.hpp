/// The focal loss: a binary cross-entropy that attends to what the model still finds hard.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The options of torchvision.ops.sigmoid_focal_loss.
struct FocalLossOptions {
  double alpha = 0.25;  ///< share of the positive targets, from 0 to 1; the negative ones have the rest. -1: no shares
  double gamma = 2;     ///< how much the loss of what is easy is lessened; 0: not at all
};

/// torchvision.ops.sigmoid_focal_loss, its mean over all samples and labels: the binary cross-entropy times
/// (1 - p)^gamma, where p is the probability that the model gives the target, and times the target's share. From Lin et
/// al., "Focal Loss for Dense Object Detection", 2017.
///
///     FocalLoss loss{{.alpha = 0.5, .gamma = 1}};
class FocalLoss {
 public:
  /// Throws Error when alpha is neither -1 nor within [0, 1], or gamma is below 0.
  FocalLoss(FocalLossOptions options = {});

  /// The loss of logits [N, C] and targets [N, C] from 0 to 1, or of logits [N, 1] and targets [N]. Logits of half
  /// precision are taken to float first, and targets to the type of the logits. Throws Error on other shapes.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& targets) const;

 private:
  FocalLossOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/losses/focal.ipp>
#endif
