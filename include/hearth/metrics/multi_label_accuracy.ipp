#pragma once

#include <hearth/metrics/multi_label_accuracy.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/scalar_tensor.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>

namespace hearth {

HEARTH_INLINE MultiLabelAccuracy::MultiLabelAccuracy(MultiLabelAccuracyOptions options) : options_(options) {
  core::require(std::isfinite(options_.threshold), "MultiLabelAccuracy: threshold must be a logit, but got {}",
                options_.threshold);
}

HEARTH_INLINE void MultiLabelAccuracy::update(const at::Tensor& logits, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const losses::Pair pair = losses::pair("MultiLabelAccuracy", logits, targets);
  const at::Tensor right = pair.outputs.gt(options_.threshold).eq(pair.targets.to(logits.device()).gt(0.5));
  mean_.add_sum(right.sum(), at::scalar_tensor(right.numel(), at::kLong));
}

}  // namespace hearth
