#pragma once

#include <hearth/models/head.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <hearth/core/error.hpp>

namespace hearth::models {

namespace detail {

HEARTH_INLINE void renew_head(torch::nn::LinearImpl& head, std::int64_t num_classes) {
  core::require(num_classes >= 1, "replace_head: num_classes must be at least 1, but got {}", num_classes);
  const at::NoGradGuard no_grad;
  head.options.out_features(num_classes);
  const auto renew = [](const at::Tensor& parameter, at::IntArrayRef sizes) {
    parameter.mutable_grad().reset();
    parameter.set_data(at::empty(sizes, parameter.options()));
    parameter.requires_grad_(true);
  };
  renew(head.weight, {num_classes, head.options.in_features()});
  if (head.bias.defined()) {
    renew(head.bias, {num_classes});
  }
  head.reset_parameters();
}

}  // namespace detail

}  // namespace hearth::models
