#pragma once

#include <hearth/models/head.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <hearth/core/error.hpp>

namespace hearth::models {

HEARTH_INLINE Head::Head(const torch::nn::Linear& layer)
    : weight(layer->weight), bias(layer->bias), layer_(layer.ptr()) {}

HEARTH_INLINE Head::Head(const torch::nn::Conv2d& layer)
    : weight(layer->weight), bias(layer->bias), layer_(layer.ptr()) {}

HEARTH_INLINE void Head::renew(std::int64_t num_classes) const {
  core::require(num_classes >= 1, "replace_head: num_classes must be at least 1, but got {}", num_classes);
  const at::NoGradGuard no_grad;
  for (const at::Tensor& parameter : parameters()) {  // of both, the first dimension is the classes
    std::vector<std::int64_t> sizes = parameter.sizes().vec();
    sizes.front() = num_classes;
    parameter.mutable_grad().reset();
    parameter.set_data(at::empty(sizes, parameter.options()));
    parameter.requires_grad_(true);
  }
  if (auto* linear = layer_->as<torch::nn::Linear>()) {
    linear->options.out_features(num_classes);
    linear->reset_parameters();
  } else if (auto* convolution = layer_->as<torch::nn::Conv2d>()) {
    convolution->options.out_channels(num_classes);
    convolution->reset_parameters();
  }
}

}  // namespace hearth::models
