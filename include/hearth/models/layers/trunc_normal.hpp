/// Normal random numbers within bounds: how ConvNeXt and the vision transformers are initialised.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::models {

namespace detail {

/// Draws again what lies outside [a, b] until nothing does.
inline void redraw_outside(const at::Tensor& tensor, double mean, double std, double a, double b) {
  const auto as_stored = [&](double bound) {
    return at::scalar_tensor(bound, tensor.options().device(at::kCPU)).item<double>();
  };
  const double lowest = as_stored(a);
  const double highest = as_stored(b);
  at::Tensor result = tensor.normal_(mean, std);
  for (;;) {
    const at::Tensor outside = result.lt(lowest).logical_or_(result.gt(highest));
    if (!outside.any().item<bool>()) {
      break;
    }
    result = at::where(outside, at::empty_like(result).normal_(mean, std), result);
  }
  if (!result.is_same(tensor)) {
    tensor.copy_(result);
  }
}

/// For bounds that leave little of the curve: draws evenly from [a, b], and accepts each as often as the curve is high.
inline void accept_between(const at::Tensor& tensor, double mean, double std, double a, double b) {
  const double peak = std::max(a, std::min(mean, b));
  const double log_peak = -0.5 * ((peak - mean) / std) * ((peak - mean) / std);
  const auto log_height = [&](at::Tensor& x) -> const at::Tensor& {
    return x.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak);
  };
  at::Tensor candidates = at::empty_like(tensor);
  at::Tensor chances = at::empty_like(tensor);
  candidates.copy_(tensor.uniform_(a, b));
  log_height(candidates);
  at::Tensor pending = chances.uniform_().log_().gt(candidates);
  at::Tensor result = tensor;
  while (pending.any().item<bool>()) {
    result = at::where(pending, candidates.uniform_(a, b), result);
    log_height(candidates);
    pending = at::where(pending, chances.uniform_().log_().gt(candidates), pending);
  }
  if (!result.is_same(tensor)) {
    tensor.copy_(result);
  }
}

}  // namespace detail

/// Fills the tensor with draws from the normal distribution of `mean` and `std`, those outside [a, b] drawn again.
/// torch.nn.init.trunc_normal_ of PyTorch 2.13, and its draws: the same seed gives the same numbers. Throws Error when
/// std is not positive, a is not below b, or one of the four is not finite.
inline at::Tensor trunc_normal_(at::Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2) {
  core::require(std::isfinite(mean) && std::isfinite(std) && std > 0,
                "trunc_normal_: mean and std must be finite, and std greater than 0, but got {} and {}", mean, std);
  core::require(std::isfinite(a) && std::isfinite(b) && a < b,
                "trunc_normal_: a and b must be finite, and a below b, but got {} and {}", a, b);
  const at::NoGradGuard no_grad;
  const auto below = [&](double x) { return (1 + std::erf((x - mean) / std / std::sqrt(2.0))) / 2; };
  if (below(b) - below(a) > 0.3) {
    detail::redraw_outside(tensor, mean, std, a, b);
  } else {
    detail::accept_between(tensor, mean, std, a, b);
  }
  return tensor;
}

}  // namespace hearth::models
