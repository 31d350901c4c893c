#pragma once

#include <hearth/data/batch_mix.hpp>

#include <ATen/ScalarOps.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth::data {

HEARTH_INLINE void check_mix_options(const char* name, double alpha, std::int64_t num_classes, double p) {
  core::require(std::isfinite(alpha) && alpha > 0, "{}: alpha must be a finite number above 0, but got {}", name,
                alpha);
  core::require(num_classes >= 0, "{}: num_classes must be at least 1, but got {}", name, num_classes);
  core::require(p >= 0 && p <= 1, "{}: p must be between 0 and 1, but got {}", name, p);
}

HEARTH_INLINE void check_batch(const char* name, const at::Tensor& inputs, const at::Tensor& targets) {
  core::require(inputs.defined() && targets.defined() && inputs.dim() >= 1 && targets.dim() >= 1,
                "{}: inputs and targets must be tensors with a dimension of samples", name);
  core::require(inputs.size(0) == targets.size(0), "{}: there are {} inputs, but {} targets", name, inputs.size(0),
                targets.size(0));
  core::require(inputs.is_floating_point(), "{}: inputs must be floating-point numbers, but are {}", name,
                c10::toString(inputs.scalar_type()));
}

HEARTH_INLINE at::Tensor soft_targets(const char* name, const at::Tensor& targets, std::int64_t num_classes) {
  if (targets.is_floating_point()) {
    core::require(num_classes == 0 || targets.dim() != 2 || targets.size(1) == num_classes,
                  "{}: num_classes is {}, but the targets are of {} classes; leave num_classes out where targets are "
                  "shares of classes already",
                  name, num_classes, targets.dim() == 2 ? targets.size(1) : 0);
    return targets;
  }
  core::require(
      targets.scalar_type() == at::kLong && targets.dim() == 1,
      "{}: targets must be labels, int64 [N], or shares of classes, float [N, C], but are {} of {} dimensions", name,
      c10::toString(targets.scalar_type()), targets.dim());
  core::require(num_classes > 0, "{}: it needs num_classes where targets are labels", name);
  if (targets.device().is_cpu()) {  // on other devices, to look would be to wait for them
    const at::Tensor labels = targets.contiguous();
    for (std::int64_t i = 0; i < labels.numel(); ++i) {
      const std::int64_t label = labels.const_data_ptr<std::int64_t>()[i];
      core::require(label >= 0 && label < num_classes, "{}: label {} of sample {} in the batch is none of {} classes",
                    name, label, i, num_classes);
    }
  }
  return targets.unsqueeze(1).eq(at::arange(num_classes, targets.options())).to(at::kFloat);
}

HEARTH_INLINE at::Tensor mixed_rows(const at::Tensor& rows, double lambda) {
  // As Python hands a number over: mul_(Scalar) would round it to the rows' type, bfloat16 say, before the product.
  const at::Tensor rest = at::native::wrapped_scalar_tensor(1.0 - lambda);
  return rolled_rows(rows).mul_(rest).add_(rows.mul(lambda));
}

HEARTH_INLINE at::Tensor rolled_rows(const at::Tensor& rows) {
  const std::int64_t last = rows.size(0) - 1;
  if (last < 1) {
    return rows.clone();
  }
  return at::cat({rows.narrow(0, last, 1), rows.narrow(0, 0, last)});
}

}  // namespace hearth::data
