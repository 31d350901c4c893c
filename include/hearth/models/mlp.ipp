#pragma once

#include <hearth/models/mlp.hpp>

#include <ATen/ops/flatten.h>
#include <c10/util/StringUtil.h>
#include <fmt/format.h>
#include <torch/nn/modules/activation.h>

#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE MLPModule::MLPModule(MLPOptions options) : options_(std::move(options)) {
  core::require(options_.in_features >= 1, "MLP: in_features must be at least 1, but got {}", options_.in_features);
  for (const std::int64_t width : options_.hidden) {
    core::require(width >= 1, "MLP: a hidden layer must be at least 1 wide, but got {}", width);
  }
  core::require(options_.num_classes >= 1, "MLP: num_classes must be at least 1, but got {}", options_.num_classes);
  reset();
}

HEARTH_INLINE void MLPModule::reset() {
  linear_relu_stack = Chain();
  std::int64_t width = options_.in_features;
  for (const std::int64_t next : options_.hidden) {
    linear_relu_stack->push_back(torch::nn::Linear(width, next));
    linear_relu_stack->push_back(torch::nn::ReLU());
    width = next;
  }
  linear_relu_stack->push_back(torch::nn::Linear(width, options_.num_classes));
  register_module("linear_relu_stack", linear_relu_stack);
}

HEARTH_INLINE at::Tensor MLPModule::forward(const at::Tensor& x) {
  const at::Tensor flat = x.dim() > 1 ? at::flatten(x, 1) : x;  // [N, in_features]
  core::require(flat.dim() == 2 && flat.size(1) == options_.in_features,
                "MLP: expects samples of {} numbers [N, ...], but got a batch {}", options_.in_features,
                c10::str(x.sizes()));
  return linear_relu_stack->forward(flat);
}

HEARTH_INLINE std::int64_t MLPModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear MLPModule::head() const {
  return linear_relu_stack->ptr<torch::nn::LinearImpl>(linear_relu_stack->size() - 1);
}

HEARTH_INLINE std::string MLPModule::head_name() const {
  return fmt::format("linear_relu_stack.{}", 2 * options_.hidden.size());
}

HEARTH_INLINE MLP mlp(MLPOptions options) {
  const Pretrained pretrained = options.pretrained.of("mlp");
  return load_pretrained(MLP(std::move(options)), pretrained);
}

}  // namespace hearth::models
