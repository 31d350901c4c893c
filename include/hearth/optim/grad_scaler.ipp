#pragma once

#include <hearth/optim/grad_scaler.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mul.h>

#include <algorithm>
#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/optim/tensor_groups.hpp>

namespace hearth::optim {

namespace detail {

HEARTH_INLINE void check_options(const GradScalerOptions& options) {
  core::require(std::isfinite(options.init_scale) && options.init_scale > 0,
                "GradScaler: the scale must be above 0, but got {}", options.init_scale);
  core::require(std::isfinite(options.growth_factor) && options.growth_factor > 1,
                "GradScaler: growth_factor must be above 1, but got {}", options.growth_factor);
  core::require(options.backoff_factor > 0 && options.backoff_factor < 1,
                "GradScaler: backoff_factor must be above 0 and below 1, but got {}", options.backoff_factor);
  core::require(options.growth_interval >= 1 && options.growth_interval <= INT32_MAX,
                "GradScaler: growth_interval must be at least 1, but got {}", options.growth_interval);
}

}  // namespace detail

HEARTH_INLINE GradScaler::GradScaler(GradScalerOptions options) : options_(options) {
  detail::check_options(options);
}

HEARTH_INLINE at::Tensor GradScaler::scale(const at::Tensor& loss) {
  if (!scale_tensor_.defined()) {
    const auto place = at::TensorOptions().device(loss.device());
    scale_tensor_ = at::full({}, options_.init_scale, place.dtype(at::kFloat));
    growth_tracker_tensor_ = at::full({}, growth_tracker_, place.dtype(at::kInt));
  }
  return at::mul(loss, scale_tensor_.to(loss.device(), /*non_blocking=*/true));
}

HEARTH_INLINE void GradScaler::unscale(std::span<const at::Tensor> parameters) {
  core::require(scale_tensor_.defined(),
                "GradScaler: no loss was scaled before unscale(): call scale(loss).backward()");
  core::require(!is_unscaled_,
                "GradScaler: unscale() was called twice for one step: call update() after each optimizer step");
  const at::NoGradGuard no_grad;
  std::vector<grouping::TensorGroup> groups;
  for (const at::Tensor& parameter : parameters) {
    const at::Tensor& gradient = parameter.grad();
    if (gradient.defined()) {
      core::require(gradient.scalar_type() != at::kHalf,
                    "GradScaler: a parameter is of 16-bit float, in which its gradient cannot be unscaled: keep the "
                    "model in 32-bit float and use autocast");
      grouping::add(groups, {gradient.is_sparse() ? gradient._values() : gradient});
    }
  }
  const at::Tensor inverse = scale_tensor_.to(at::kDouble).reciprocal().to(at::kFloat);
  found_infs_ = {at::full({}, 0, scale_tensor_.options())};
  for (grouping::TensorGroup& group : groups) {
    auto found = std::find_if(found_infs_.begin(), found_infs_.end(),
                              [&](const at::Tensor& flag) { return flag.device() == group.device; });
    if (found == found_infs_.end()) {
      found = found_infs_.insert(found, at::full({}, 0, scale_tensor_.options().device(group.device)));
    }
    at::_amp_foreach_non_finite_check_and_unscale_(group.lists[0], *found,
                                                   inverse.to(group.device, /*non_blocking=*/true));
  }
  is_unscaled_ = true;
}

HEARTH_INLINE bool GradScaler::found_inf() const {
  return std::any_of(found_infs_.begin(), found_infs_.end(),
                     [](const at::Tensor& flag) { return flag.item().toDouble() != 0; });
}

HEARTH_INLINE void GradScaler::update() {
  core::require(is_unscaled_, "GradScaler: update() needs unscale() before it, which finds out how the scale changes");
  const at::NoGradGuard no_grad;
  at::Tensor found = found_infs_[0];
  for (std::size_t i = 1; i < found_infs_.size(); ++i) {
    found = found.add(found_infs_[i].to(found.device(), /*non_blocking=*/true));
  }
  at::_amp_update_scale_(scale_tensor_, growth_tracker_tensor_, found, options_.growth_factor, options_.backoff_factor,
                         options_.growth_interval);
  is_unscaled_ = false;
}

HEARTH_INLINE double GradScaler::scale() const {
  return scale_tensor_.defined() ? scale_tensor_.item().toDouble() : options_.init_scale;
}

HEARTH_INLINE Value GradScaler::state_dict() const {
  return Value::Dict{
      {"scale", scale()},
      {"growth_factor", options_.growth_factor},
      {"backoff_factor", options_.backoff_factor},
      {"growth_interval", options_.growth_interval},
      {"_growth_tracker", growth_tracker_tensor_.defined() ? growth_tracker_tensor_.item().toLong() : growth_tracker_},
  };
}

HEARTH_INLINE void GradScaler::load_state_dict(const Value& state) {
  core::require(!state.is<Value::Dict>() || !state.as<Value::Dict>().empty(),
                "GradScaler: the state is empty: Python writes that when its scaler is not enabled");
  const GradScalerOptions options{.init_scale = state.as<double>("scale"),
                                  .growth_factor = state.as<double>("growth_factor"),
                                  .backoff_factor = state.as<double>("backoff_factor"),
                                  .growth_interval = state.as<std::int64_t>("growth_interval")};
  detail::check_options(options);
  const auto growth_tracker = state.as<std::int32_t>("_growth_tracker");
  core::require(growth_tracker >= 0, "GradScaler: _growth_tracker must be at least 0, but got {}", growth_tracker);
  options_ = options;
  growth_tracker_ = growth_tracker;
  scale_tensor_.reset();  // made anew on the device of the next loss
  growth_tracker_tensor_.reset();
  found_infs_.clear();
  is_unscaled_ = false;
}

}  // namespace hearth::optim
