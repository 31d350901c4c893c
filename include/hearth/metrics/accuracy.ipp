#pragma once

#include <hearth/metrics/accuracy.hpp>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <tuple>

#include <hearth/core/error.hpp>
#include <hearth/metrics/inputs.hpp>

namespace hearth {

HEARTH_INLINE Accuracy::Accuracy(AccuracyOptions options) : options_(options) {
  core::require(options_.top_k >= 1, "Accuracy: top_k must be at least 1, but got {}", options_.top_k);
}

HEARTH_INLINE void Accuracy::update(const at::Tensor& logits, const at::Tensor& targets) {
  metrics::check_classes("Accuracy", logits, targets);
  const std::int64_t k = options_.top_k;
  core::require(k <= logits.size(1), "Accuracy: top_k is {}, but the logits have {} classes", k, logits.size(1));
  const at::NoGradGuard no_grad;
  const at::Tensor labels = metrics::labels(logits, targets);  // [N]
  const at::Tensor counts = labels.ne(options_.ignore_index);  // [N]
  const at::Tensor best = k == 1 ? logits.argmax(1, /*keepdim=*/true) : std::get<1>(logits.topk(k, 1));
  const at::Tensor found = best.eq(labels.unsqueeze(1)).logical_and_(counts.unsqueeze(1));  // [N, k]
  mean_.add_sum(found.sum(), counts.sum());
}

HEARTH_INLINE std::string Accuracy::name() const {
  return options_.top_k == 1 ? "accuracy" : fmt::format("top{}_accuracy", options_.top_k);
}

}  // namespace hearth
