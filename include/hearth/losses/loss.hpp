/// What a loss is, and what else it may say about the samples that it takes.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstdint>
#include <optional>

namespace hearth {

/// `loss(outputs, targets)` gives the mean over the batch, a tensor of one number to call backward() on.
///
/// A loss may have two more members. `ignore_index()` is a label whose samples do not count; without it every label
/// must be a class. `total_weight(targets)` is what the batch's mean is divided by, a tensor of one number on the
/// device of the targets, or on the CPU where their shape says it; without it every sample counts once. With them the
/// mean over several batches is the mean over all their samples.
template <class L>
concept LossLike = requires(const L& loss, const at::Tensor& logits, const at::Tensor& targets) {
  { loss(logits, targets) } -> std::convertible_to<at::Tensor>;
};

}  // namespace hearth

namespace hearth::losses {

/// A loss, or a metric, that leaves out the samples of one label.
template <class L>
concept IgnoresALabel = requires(const L& loss) {
  { loss.ignore_index() } -> std::convertible_to<std::int64_t>;
};

/// A loss in whose mean samples may count differently.
template <class L>
concept WeighsSamples = requires(const L& loss, const at::Tensor& targets) {
  { loss.total_weight(targets) } -> std::convertible_to<at::Tensor>;
};

/// The label that the loss or metric leaves out, where it leaves out one.
template <class L>
std::optional<std::int64_t> ignored_label(const L& loss) {
  if constexpr (IgnoresALabel<L>) {
    return loss.ignore_index();
  } else {
    return std::nullopt;
  }
}

/// What the loss's mean over a batch with these targets is divided by. Targets on the CPU: for others it may wait.
template <class L>
double total_weight(const L& loss, const at::Tensor& targets) {
  if constexpr (WeighsSamples<L>) {
    return loss.total_weight(targets).template item<double>();
  } else {
    return static_cast<double>(targets.size(0));
  }
}

}  // namespace hearth::losses
