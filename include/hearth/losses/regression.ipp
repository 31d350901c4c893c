#pragma once

#include <hearth/losses/regression.hpp>

#include <ATen/core/Reduction.h>
#include <ATen/ops/huber_loss.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>

namespace hearth {

HEARTH_INLINE at::Tensor MSELoss::operator()(const at::Tensor& outputs, const at::Tensor& targets) const {
  const losses::Pair pair = losses::pair("MSELoss", outputs, targets);
  return at::mse_loss(pair.outputs, pair.targets, at::Reduction::Mean);
}

HEARTH_INLINE at::Tensor L1Loss::operator()(const at::Tensor& outputs, const at::Tensor& targets) const {
  const losses::Pair pair = losses::pair("L1Loss", outputs, targets);
  return at::l1_loss(pair.outputs, pair.targets, at::Reduction::Mean);
}

HEARTH_INLINE HuberLoss::HuberLoss(HuberLossOptions options) : options_(options) {
  core::require(options_.delta > 0 && std::isfinite(options_.delta), "HuberLoss: delta must be above 0, but got {}",
                options_.delta);
}

HEARTH_INLINE at::Tensor HuberLoss::operator()(const at::Tensor& outputs, const at::Tensor& targets) const {
  const losses::Pair pair = losses::pair("HuberLoss", outputs, targets);
  return at::huber_loss(pair.outputs, pair.targets, at::Reduction::Mean, options_.delta);
}

}  // namespace hearth
