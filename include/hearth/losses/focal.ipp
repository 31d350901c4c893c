#pragma once

#include <hearth/losses/focal.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>

#include <cmath>
#include <optional>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>

namespace hearth {

HEARTH_INLINE FocalLoss::FocalLoss(FocalLossOptions options) : options_(options) {
  core::require((options_.alpha >= 0 && options_.alpha <= 1) || options_.alpha == -1,
                "FocalLoss: alpha must be between 0 and 1, or -1 for none, but got {}", options_.alpha);
  core::require(options_.gamma >= 0 && std::isfinite(options_.gamma),
                "FocalLoss: gamma must be a number of at least 0, but got {}", options_.gamma);
}

HEARTH_INLINE at::Tensor FocalLoss::operator()(const at::Tensor& logits, const at::Tensor& targets) const {
  const auto [x, t] = losses::pair("FocalLoss", logits, targets);
  const at::Tensor entropy =
      at::binary_cross_entropy_with_logits(x, t, std::nullopt, std::nullopt, at::Reduction::None);
  const at::Tensor p = x.sigmoid();
  at::Tensor loss = entropy * (1 - (p * t + (1 - p) * (1 - t))).pow(options_.gamma);
  if (options_.alpha >= 0) {
    loss = loss * (options_.alpha * t + (1 - options_.alpha) * (1 - t));
  }
  return loss.mean();
}

}  // namespace hearth
