/// The binary cross-entropy: one yes or no for each label of a sample.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The options of torch.nn.BCEWithLogitsLoss.
struct BCEWithLogitsLossOptions {
  at::Tensor weight = {};      ///< [C], how much each label counts; undefined: all the same
  at::Tensor pos_weight = {};  ///< [C], how much a positive target of each label counts; undefined: as a negative one
};

/// torch.nn.BCEWithLogitsLoss: the mean over all samples and labels of
/// -weight * (pos_weight * target * log sigmoid(logit) + (1 - target) * log(1 - sigmoid(logit))).
///
///     BCEWithLogitsLoss loss{{.pos_weight = torch::tensor({1.0, 5.0, 2.0})}};
class BCEWithLogitsLoss {
 public:
  /// Throws Error when weight or pos_weight is neither one number nor a list of floating-point numbers.
  BCEWithLogitsLoss(BCEWithLogitsLossOptions options = {});

  /// The loss of logits [N, C] and targets [N, C] from 0 to 1, or of logits [N, 1] and targets [N]. Logits of half
  /// precision are taken to float first, and targets to the type of the logits. Throws Error on other shapes, and when
  /// a weight is not of C numbers.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& targets) const;

 private:
  BCEWithLogitsLossOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/losses/bce_with_logits.ipp>
#endif
