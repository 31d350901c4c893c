#pragma once

#include <hearth/train/normalized.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE at::Tensor normalized(const at::Tensor& bytes, const Normalization& normalization) {
  const auto channels = static_cast<std::int64_t>(normalization.scale.size());
  core::require(
      bytes.scalar_type() == at::kByte && bytes.dim() >= 3 && bytes.size(-3) == channels &&
          normalization.shift.size() == normalization.scale.size(),
      "Batch: its normalization is of {} channels, so its inputs must be bytes [N, {}, H, W], but they are {} "
      "of the type {}",
      channels, channels, Shape(bytes.sizes()).to_string(), c10::toString(bytes.scalar_type()));
  const at::NoGradGuard no_grad;
  at::Tensor numbers = at::empty({2, channels, 1, 1}, at::TensorOptions(at::kFloat).pinned_memory(bytes.is_cuda()));
  std::copy(normalization.scale.begin(), normalization.scale.end(), numbers.mutable_data_ptr<float>());
  std::copy(normalization.shift.begin(), normalization.shift.end(), numbers.mutable_data_ptr<float>() + channels);
  numbers = numbers.to(bytes.device(), at::kFloat, /*non_blocking=*/bytes.is_cuda());
  at::Tensor floats = at::empty_like(bytes, bytes.options().dtype(at::kFloat));
  at::addcmul_out(floats, numbers[1], bytes, numbers[0]);
  return floats;
}

}  // namespace hearth::train
