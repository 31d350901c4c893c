/// The share of samples whose class a model finds.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <span>
#include <string>
#include <tuple>

#include <hearth/core/error.hpp>
#include <hearth/metrics/deferred_mean.hpp>

namespace hearth {

struct AccuracyOptions {
  std::int64_t top_k = 1;  ///< a sample counts as found when its class is among this many highest logits
};

/// Top-k accuracy, from 0 to 1: samples found divided by samples seen. Exact, for both are counts.
///
///     Accuracy top1, top5{{.top_k = 5}};
class Accuracy {
 public:
  /// Throws Error when top_k is below 1.
  Accuracy(AccuracyOptions options = {}) : top_k_(options.top_k) {
    core::require(top_k_ >= 1, "Accuracy: top_k must be at least 1, but got {}", top_k_);
  }

  /// Takes a batch in: logits [N, C], integer targets [N]. Throws Error when the shapes differ from these or top_k is
  /// above C.
  void update(const at::Tensor& logits, const at::Tensor& targets) {
    core::require(logits.dim() == 2 && targets.dim() == 1 && logits.size(0) == targets.size(0),
                  "Accuracy: expects logits [N, C] and targets [N], but got {} and {} dimensions, {} and {} numbers",
                  logits.dim(), targets.dim(), logits.numel(), targets.numel());
    core::require(top_k_ <= logits.size(1), "Accuracy: top_k is {}, but the logits have {} classes", top_k_,
                  logits.size(1));
    const at::NoGradGuard no_grad;
    const at::Tensor best = top_k_ == 1 ? logits.argmax(1, /*keepdim=*/true) : std::get<1>(logits.topk(top_k_, 1));
    const at::Tensor found = best.eq(targets.to(logits.device()).unsqueeze(1));  // [N, k]
    mean_.add(found.sum(), 1, static_cast<double>(logits.size(0)));
  }

  /// The accuracy over all samples since the last reset; not a number when there was none.
  double value() const { return mean_.value(); }

  /// "accuracy", or "top5_accuracy".
  std::string name() const { return top_k_ == 1 ? "accuracy" : fmt::format("top{}_accuracy", top_k_); }

  /// Samples found, samples seen.
  std::span<double> sums() { return mean_.sums(); }

  void reset() { mean_.reset(); }

 private:
  std::int64_t top_k_;
  metrics::DeferredMean mean_;
};

}  // namespace hearth
