/// The cross-entropy between logits and labels, or class probabilities.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include <hearth/core/inline.hpp>
#include <hearth/losses/loss.hpp>

namespace hearth {

/// The options of torch.nn.CrossEntropyLoss.
struct CrossEntropyLossOptions {
  double label_smoothing = 0;        ///< share of the target that goes to all classes alike, from 0 to 1
  at::Tensor weight = {};            ///< [C], how much each class counts; undefined: all the same
  std::int64_t ignore_index = -100;  ///< samples with this label do not count
};

/// torch.nn.CrossEntropyLoss: the mean over the batch of -log softmax(logits)[target]. Targets may also be the
/// probabilities of all classes, as MixUp and a teacher give them.
///
///     CrossEntropyLoss loss{{.label_smoothing = 0.1}};
class CrossEntropyLoss {
 public:
  /// Throws Error when label_smoothing is not within [0, 1] or weight is not a list of numbers.
  CrossEntropyLoss(CrossEntropyLossOptions options = {});

  /// The loss of logits [N, C] and integer targets [N], each 0 … C-1 or ignore_index; not a number when every sample is
  /// ignored. Or of logits [N, C] and class probabilities [N, C], floating-point numbers that are never ignored. Logits
  /// [N, C, …] take targets [N, …] or [N, C, …]. Throws Error on other shapes, and when there is a weight and it is not
  /// of C numbers.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& targets) const;

  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  /// What the mean is divided by: of labels, the sum of the weights of their classes, without the ignored; of class
  /// probabilities, whose weights PyTorch leaves out of it, the number of samples (and places).
  at::Tensor total_weight(const at::Tensor& targets) const;

 private:
  CrossEntropyLossOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/losses/cross_entropy.ipp>
#endif
