/// The mean loss over samples rather than over batches.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/metrics/deferred_mean.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

/// The mean of a loss over all samples, exact however they fall into batches: each batch's loss counts as much as the
/// samples in its mean do, which is what the loss's `total_weight` says (CrossEntropyLoss: without the ignored, and by
/// the weights of the classes), or else the number of samples.
///
///     AverageLoss loss{CrossEntropyLoss{}};
template <class Loss = CrossEntropyLoss>
class AverageLoss {
  static_assert(LossLike<Loss>,
                "AverageLoss: Loss must be a loss (LossLike): loss(logits, targets) gives a tensor of one number");

 public:
  explicit AverageLoss(Loss loss = Loss()) : loss_(std::move(loss)) {}

  /// Takes a batch of outputs and targets in, as the loss takes them. Outputs of half precision, as autocast gives
  /// them, are taken to float.
  void update(const at::Tensor& outputs, const at::Tensor& targets) {
    const at::NoGradGuard no_grad;
    if (targets.size(0) == 0) {
      return;
    }
    const at::Tensor mean = loss_(metrics::in_float(outputs), targets);
    if constexpr (losses::WeighsSamples<Loss>) {
      mean_.add_mean(mean, loss_.total_weight(targets));
    } else {
      mean_.add_mean(mean, static_cast<double>(targets.size(0)));
    }
  }

  /// The mean loss over all samples since the last reset; not a number when there was none.
  double value() const { return mean_.value(); }

  /// "loss"
  std::string name() const { return "loss"; }

  std::int64_t ignore_index() const requires losses::IgnoresALabel<Loss> { return loss_.ignore_index(); }

  /// The sum of the samples' losses, and their count.
  std::span<const double> sums() const { return mean_.sums(); }
  void load_sums(std::span<const double> sums) { mean_.load(sums); }

  void reset() { mean_.reset(); }

 private:
  Loss loss_;
  metrics::DeferredMean mean_;
};

}  // namespace hearth
