/// What a loss is, the cross-entropy, and the check that labels are classes.
#pragma once

#include <ATen/core/Reduction.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cross_entropy_loss.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

#include <hearth/core/error.hpp>

namespace hearth {

/// `loss(logits, targets)` gives the mean over the batch, a tensor of one number to call backward() on.
template <class L>
concept LossLike = requires(const L& loss, const at::Tensor& logits, const at::Tensor& targets) {
  { loss(logits, targets) } -> std::convertible_to<at::Tensor>;
};

/// The options of torch.nn.CrossEntropyLoss.
struct CrossEntropyLossOptions {
  double label_smoothing = 0;        ///< share of the target that goes to all classes alike, from 0 to 1
  at::Tensor weight = {};            ///< [C], how much each class counts; undefined: all the same
  std::int64_t ignore_index = -100;  ///< samples with this label do not count
};

/// torch.nn.CrossEntropyLoss: the mean over the batch of -log softmax(logits)[target].
///
///     CrossEntropyLoss loss{{.label_smoothing = 0.1}};
class CrossEntropyLoss {
 public:
  /// Throws Error when label_smoothing is not within [0, 1] or weight is not a list of numbers.
  CrossEntropyLoss(CrossEntropyLossOptions options = {}) : options_(std::move(options)) {
    core::require(options_.label_smoothing >= 0 && options_.label_smoothing <= 1,
                  "CrossEntropyLoss: label_smoothing must be between 0 and 1, but got {}", options_.label_smoothing);
    core::require(!options_.weight.defined() || (options_.weight.dim() == 1 && options_.weight.is_floating_point()),
                  "CrossEntropyLoss: weight must be a tensor of floating-point numbers, one for each class");
  }

  /// The loss of logits [N, C] and integer targets [N], each 0 … C-1 or ignore_index. Throws Error when there is a
  /// weight and it is not of C numbers.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& targets) const {
    std::optional<at::Tensor> weight;
    if (options_.weight.defined()) {
      core::require(logits.dim() == 2 && options_.weight.size(0) == logits.size(1),
                    "CrossEntropyLoss: weight has {} numbers, but the logits have {} classes", options_.weight.size(0),
                    logits.dim() == 2 ? logits.size(1) : 0);
      weight = options_.weight.to(logits.options());
    }
    return at::cross_entropy_loss(logits, targets, weight, at::Reduction::Mean, options_.ignore_index,
                                  options_.label_smoothing);
  }

 private:
  CrossEntropyLossOptions options_;
};

}  // namespace hearth

namespace hearth::losses {

/// Throws Error unless targets [N] are whole numbers 0 … num_classes-1, or `ignore_index` where that is given. On the
/// CPU it is one pass over N numbers; elsewhere it waits for the device, so check before the targets go there.
inline void check_targets(const at::Tensor& targets, std::int64_t num_classes,
                          std::optional<std::int64_t> ignore_index = {}) {
  core::require(
      targets.dim() == 1 && targets.scalar_type() == at::kLong,
      "targets: expected a list of labels (int64, one dimension), but got {} dimensions of another type or shape",
      targets.dim());
  const at::Tensor labels = targets.to(at::kCPU).contiguous();
  const std::int64_t* const label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    core::require(
        (label[i] >= 0 && label[i] < num_classes) || label[i] == ignore_index,
        "targets: label {} (sample {} of its batch) is out of range, for the model has {} outputs: labels go from "
        "0 to {}. Does the dataset have more classes than the model's head?",
        label[i], i, num_classes, num_classes - 1);
  }
}

}  // namespace hearth::losses
