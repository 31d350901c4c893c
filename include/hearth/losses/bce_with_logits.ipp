#pragma once

#include <hearth/losses/bce_with_logits.hpp>

#include <ATen/core/Reduction.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>

#include <optional>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/losses/pair.hpp>

namespace hearth {

HEARTH_INLINE BCEWithLogitsLoss::BCEWithLogitsLoss(BCEWithLogitsLossOptions options) : options_(std::move(options)) {
  const auto check = [](std::string_view name, const at::Tensor& weight) {
    core::require(!weight.defined() || (weight.dim() <= 1 && weight.is_floating_point()),
                  "BCEWithLogitsLoss: {} must be a tensor of floating-point numbers, one for each label", name);
  };
  check("weight", options_.weight);
  check("pos_weight", options_.pos_weight);
}

HEARTH_INLINE at::Tensor BCEWithLogitsLoss::operator()(const at::Tensor& logits, const at::Tensor& targets) const {
  const losses::Pair pair = losses::pair("BCEWithLogitsLoss", logits, targets);
  const auto fitting = [&](std::string_view name, const at::Tensor& weight) -> std::optional<at::Tensor> {
    if (!weight.defined()) {
      return std::nullopt;
    }
    const std::int64_t labels = pair.outputs.dim() >= 2 ? pair.outputs.size(-1) : 1;
    core::require(weight.numel() == 1 || weight.numel() == labels,
                  "BCEWithLogitsLoss: {} has {} numbers, but the logits have {} labels", name, weight.numel(), labels);
    return weight.to(pair.outputs.scalar_type()).to(pair.outputs.device());  // the type first: MPS has no double
  };
  return at::binary_cross_entropy_with_logits(pair.outputs, pair.targets, fitting("weight", options_.weight),
                                              fitting("pos_weight", options_.pos_weight), at::Reduction::Mean);
}

}  // namespace hearth
