#pragma once

#include <hearth/optim/weight_average.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <hearth/core/error.hpp>
#include <hearth/optim/tensor_groups.hpp>

namespace hearth::optim {

namespace detail {

HEARTH_INLINE bool is_averageable(const at::Tensor& tensor) {
  return tensor.is_floating_point() || tensor.is_complex();
}

/// n_averaged, a tensor in Python's files.
HEARTH_INLINE std::int64_t read_count(const Value& state) {
  const Value& value = state.at("n_averaged");
  const bool is_tensor = value.is<at::Tensor>() && value.as<at::Tensor>().numel() == 1;
  const std::int64_t count = is_tensor ? value.as<at::Tensor>().item().toLong() : state.as<std::int64_t>("n_averaged");
  core::require(count >= 0, "WeightAverage: n_averaged must be at least 0, but got {}", count);
  return count;
}

/// Makes the means in the first list those of `count` weights, of which the last are in the second list. Python
/// computes so on the CPU, and with a share of 32 bits on CUDA.
HEARTH_INLINE void add_to_mean(grouping::TensorGroup& group, std::int64_t count) {
  if (group.device.is_cuda()) {
    at::_foreach_lerp_(group.lists[0], group.lists[1], 1.0F / static_cast<float>(count));
  } else {
    const std::vector<at::Tensor> changes = at::_foreach_sub(group.lists[1], group.lists[0]);
    at::_foreach_div_(changes, count);
    at::_foreach_add_(group.lists[0], changes);
  }
}

}  // namespace detail

HEARTH_INLINE WeightAverage::WeightAverage(WeightAverageOptions options) : options_(options) {
  core::require(!options.decay || (*options.decay >= 0 && *options.decay <= 1),
                "WeightAverage: decay must be between 0 and 1, but got {}", options.decay.value_or(0));
  core::require(options.every >= 1, "WeightAverage: every must be at least 1 (a step), but got {}", options.every);
  core::require(options.first_step >= 0, "WeightAverage: first_step must be at least 0, but got {}",
                options.first_step);
}

HEARTH_INLINE void WeightAverage::add(std::string name, const at::Tensor& tensor, bool is_buffer) {
  if (!tensor.defined()) {
    return;
  }
  const auto known = std::find_if(weights_.begin(), weights_.end(),
                                  [&](const Weight& weight) { return weight.model.is_same(tensor); });
  names_.emplace_back(std::move(name), static_cast<std::size_t>(known - weights_.begin()));
  if (known == weights_.end()) {
    weights_.push_back({.model = tensor, .other = {}, .is_buffer = is_buffer});
  }
}

HEARTH_INLINE void WeightAverage::copy_training_weights() {
  for (Weight& weight : weights_) {
    if (!weight.other.defined()) {
      weight.other = at::empty_like(weight.model.detach());
    }
    weight.other.copy_(weight.model, /*non_blocking=*/true);
  }
}

HEARTH_INLINE void WeightAverage::update() {
  core::require(!is_swapped_, "WeightAverage: update() while the model holds the averages: call swap() before");
  ++steps_;
  if (steps_ <= options_.first_step || (steps_ - options_.first_step) % options_.every != 0) {
    return;
  }
  const at::NoGradGuard no_grad;
  if (n_averaged_ == 0) {
    copy_training_weights();
    n_averaged_ = 1;
    return;
  }
  std::vector<grouping::TensorGroup> groups;
  for (Weight& weight : weights_) {
    weight.other = weight.other.to(weight.model.device(), weight.model.scalar_type());
    if (detail::is_averageable(weight.model) && (!weight.is_buffer || options_.buffers)) {
      grouping::add(groups, {weight.other, weight.model.detach()});
    } else {
      weight.other.copy_(weight.model, /*non_blocking=*/true);
    }
  }
  for (grouping::TensorGroup& group : groups) {
    if (options_.decay) {
      at::_foreach_lerp_(group.lists[0], group.lists[1], 1 - *options_.decay);
    } else {
      detail::add_to_mean(group, n_averaged_ + 1);
    }
  }
  ++n_averaged_;
}

HEARTH_INLINE void WeightAverage::swap() {
  const at::NoGradGuard no_grad;
  if (n_averaged_ == 0 && !is_swapped_) {
    copy_training_weights();
  }
  for (Weight& weight : weights_) {
    const at::Tensor held = weight.model.variable_data();
    weight.model.set_data(weight.other.to(held.device(), held.scalar_type()));
    weight.other = held;
  }
  is_swapped_ = !is_swapped_;
}

HEARTH_INLINE const at::Tensor& WeightAverage::training(const Weight& weight) const {
  return is_swapped_ ? weight.other : weight.model;
}

HEARTH_INLINE const at::Tensor& WeightAverage::averaged(const Weight& weight) const {
  return is_swapped_ || n_averaged_ == 0 ? weight.model : weight.other;
}

HEARTH_INLINE NamedTensors WeightAverage::named(const at::Tensor& (WeightAverage::*held)(const Weight&) const) const {
  NamedTensors tensors;
  for (const auto& [name, index] : names_) {
    tensors.emplace_back(name, (this->*held)(weights_[index]).detach());
  }
  return tensors;
}

HEARTH_INLINE NamedTensors WeightAverage::training_weights() const {
  return named(&WeightAverage::training);
}

HEARTH_INLINE NamedTensors WeightAverage::averaged_weights() const {
  return named(&WeightAverage::averaged);
}

HEARTH_INLINE Value WeightAverage::state_dict() const {
  auto averages = Value::Dict::ordered();
  averages.set("n_averaged", at::scalar_tensor(n_averaged_, at::kLong));
  for (auto& [name, tensor] : averaged_weights()) {
    averages.set("module." + name, std::move(tensor));
  }
  return Value::Dict{{"steps", steps_}, {"averaged_model", std::move(averages)}};
}

HEARTH_INLINE void WeightAverage::load_state_dict(const Value& state) {
  const bool is_own = state.contains("averaged_model");
  const Value& averages = is_own ? state["averaged_model"] : state;
  const std::int64_t count = detail::read_count(averages);
  const std::int64_t steps = is_own       ? state.as<std::int64_t>("steps")
                             : count == 0 ? 0
                                          : options_.first_step + count * options_.every;
  core::require(steps >= 0, "WeightAverage: steps must be at least 0, but got {}", steps);
  std::vector<const at::Tensor*> read;
  for (const auto& [name, index] : names_) {
    const at::Tensor& tensor = averages.as<at::Tensor>("module." + name);
    const at::Tensor& model = weights_[index].model;
    core::require(
        tensor.sizes() == model.sizes() && tensor.layout() == at::kStrided && tensor.is_complex() == model.is_complex(),
        "WeightAverage: {} is {}, but the model's has the sizes [{}]", name, averages.at("module." + name).kind(),
        fmt::join(model.sizes(), ", "));
    read.push_back(&tensor);
  }
  for (const auto& [key, value] : averages.as<Value::Dict>()) {
    const std::string name = to_string(key);
    core::require(name == "n_averaged" || (name.starts_with("module.") &&
                                           std::any_of(names_.begin(), names_.end(),
                                                       [&](const auto& item) { return item.first == name.substr(7); })),
                  "WeightAverage: the state has {}, which the model does not", name);
  }
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < names_.size() && count > 0; ++i) {
    Weight& weight = weights_[names_[i].second];
    if (!weight.other.defined()) {
      weight.other = at::empty_like(weight.model.detach());
    }
    (is_swapped_ ? weight.model : weight.other).copy_(*read[i]);
  }
  steps_ = steps;
  n_averaged_ = count;
}

}  // namespace hearth::optim
