/// What a metric is: sums over the samples of all batches, and a value made of them at the end.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <span>
#include <string>

namespace hearth {

/// `update(logits, targets)` takes a batch into the sums, `value()` is the metric over all samples since `reset()`, and
/// `name()` is what it is called in a log. `sums()` is all that the metric knows: added element by element over several
/// processes and written back, it gives every process the value over all their samples, exactly.
template <class M>
concept MetricLike = requires(M& metric, const M& constant, const at::Tensor& logits, const at::Tensor& targets) {
  metric.update(logits, targets);
  { constant.value() } -> std::convertible_to<double>;
  { constant.name() } -> std::convertible_to<std::string>;
  metric.reset();
  { metric.sums() } -> std::same_as<std::span<double>>;
};

}  // namespace hearth
