#pragma once

#include <hearth/losses/cross_entropy.hpp>

#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE CrossEntropyLoss::CrossEntropyLoss(CrossEntropyLossOptions options) : options_(std::move(options)) {
  core::require(options_.label_smoothing >= 0 && options_.label_smoothing <= 1,
                "CrossEntropyLoss: label_smoothing must be between 0 and 1, but got {}", options_.label_smoothing);
  core::require(!options_.weight.defined() || (options_.weight.dim() == 1 && options_.weight.is_floating_point()),
                "CrossEntropyLoss: weight must be a tensor of floating-point numbers, one for each class");
}

HEARTH_INLINE at::Tensor CrossEntropyLoss::operator()(const at::Tensor& logits, const at::Tensor& targets) const {
  bool fits = logits.dim() >= 2;
  if (targets.is_floating_point()) {
    fits = fits && targets.sizes() == logits.sizes();
  } else if (fits) {
    std::vector<std::int64_t> places = logits.sizes().vec();
    places.erase(places.begin() + 1);
    fits = targets.sizes() == at::IntArrayRef(places);
  }
  core::require(fits,
                "CrossEntropyLoss: expected logits [N, C] and targets that are labels [N] or class probabilities "
                "[N, C], but got logits [{}] and targets [{}] of the type {}",
                fmt::join(logits.sizes(), ", "), fmt::join(targets.sizes(), ", "),
                c10::toString(targets.scalar_type()));
  std::optional<at::Tensor> weight;
  if (options_.weight.defined()) {
    core::require(options_.weight.size(0) == logits.size(1),
                  "CrossEntropyLoss: weight has {} numbers, but the logits have {} classes", options_.weight.size(0),
                  logits.size(1));
    weight = options_.weight.to(logits.scalar_type()).to(logits.device());  // the type first: MPS has no double
  }
  return at::cross_entropy_loss(logits, targets, weight, at::Reduction::Mean, options_.ignore_index,
                                options_.label_smoothing);
}

HEARTH_INLINE at::Tensor CrossEntropyLoss::total_weight(const at::Tensor& targets) const {
  if (targets.is_floating_point()) {  // [N, C, …]
    return at::scalar_tensor(targets.numel() / std::max<std::int64_t>(targets.size(1), 1), at::kLong);
  }
  const at::Tensor counts = targets.ne(options_.ignore_index);
  if (!options_.weight.defined()) {
    return counts.sum();
  }
  const at::Tensor weight = options_.weight.to(at::kFloat).to(targets.device());
  return weight.index_select(0, targets.mul(counts).flatten()).mul(counts.flatten()).sum();
}

}  // namespace hearth
