/// The mean loss over samples rather than over batches.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <span>
#include <string>
#include <utility>

#include <hearth/losses/loss.hpp>
#include <hearth/metrics/deferred_mean.hpp>

namespace hearth {

/// The mean of a loss over all samples: each batch's loss counts as often as the batch has samples. Exact for losses
/// that are means over all samples of a batch; one that leaves some out (ignore_index) or weighs them (weight) is
/// averaged over batches by their sizes all the same.
///
///     AverageLoss loss{CrossEntropyLoss{}};
template <class Loss = CrossEntropyLoss>
class AverageLoss {
  static_assert(LossLike<Loss>,
                "AverageLoss: Loss must be a loss (LossLike): loss(logits, targets) gives a tensor of one number");

 public:
  explicit AverageLoss(Loss loss = Loss()) : loss_(std::move(loss)) {}

  /// Takes a batch in: logits [N, C], targets [N].
  void update(const at::Tensor& logits, const at::Tensor& targets) {
    const at::NoGradGuard no_grad;
    const auto samples = static_cast<double>(targets.size(0));
    if (samples > 0) {
      mean_.add(loss_(logits, targets), samples, samples);
    }
  }

  /// The mean loss over all samples since the last reset; not a number when there was none.
  double value() const { return mean_.value(); }

  /// "loss"
  std::string name() const { return "loss"; }

  /// The sum of the samples' losses, and their count.
  std::span<double> sums() { return mean_.sums(); }

  void reset() { mean_.reset(); }

 private:
  Loss loss_;
  metrics::DeferredMean mean_;
};

}  // namespace hearth
