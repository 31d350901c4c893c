#pragma once

#include <hearth/train/meter.hpp>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>

namespace hearth::train {

HEARTH_INLINE void Meter::collect(const Forward& done, const at::Tensor& targets) {
  batch_loss_ = done.loss.detach();
  batch_weight_ = done.weight;
  collected_.push_back({{done.outputs.detach(), batch_loss_, done.weight}, targets});
}

HEARTH_INLINE void Meter::count() {
  const at::NoGradGuard no_grad;
  const std::lock_guard lock(mutex_);
  for (const Collected& batch : collected_) {
    if (batch.done.weight != 0) {
      loss_.add_mean(batch.done.loss, batch.done.weight);
    }
    try {
      update_metrics(batch.done.outputs, batch.targets);
    } catch (const c10::Error& error) {
      const std::string reason = error.what_without_backtrace();
      core::fail("Trainer: a metric cannot take outputs {} and targets {}: {}",
                 Shape(batch.done.outputs.sizes()).to_string(), Shape(batch.targets.sizes()).to_string(),
                 reason.substr(0, reason.find('\n')));
    }
  }
  collected_.clear();
}

HEARTH_INLINE bool Meter::losses_are_finite() const {
  return std::all_of(collected_.begin(), collected_.end(), [](const Collected& batch) {
    return batch.done.weight == 0 || std::isfinite(batch.done.loss.item<double>());
  });
}

HEARTH_INLINE double Meter::batch_loss() const {
  return batch_weight_ != 0 ? batch_loss_.item<double>() : std::numeric_limits<double>::quiet_NaN();
}

HEARTH_INLINE Figures Meter::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures{{"loss", loss_.value()}};
  add_figures(figures);
  return figures;
}

HEARTH_INLINE double Meter::gradient_norm() const {
  return gradient_norm_.defined() ? gradient_norm_.item<double>() : std::numeric_limits<double>::quiet_NaN();
}

HEARTH_INLINE MeterSums Meter::sums() const {
  const std::lock_guard lock(mutex_);
  const std::span<const double> loss = loss_.sums();
  MeterSums sums{{loss.begin(), loss.end()}};
  add_sums(sums);
  return sums;
}

HEARTH_INLINE void Meter::load(const MeterSums& sums) {
  core::require(sums.size() == this->sums().size(), "there are {} sums for the loss and {} metrics", sums.size(),
                this->sums().size() - 1);
  reset();
  const std::lock_guard lock(mutex_);
  loss_.load(sums.front());
  load_metrics(std::span(sums).subspan(1));
}

HEARTH_INLINE void Meter::reset() {
  const std::lock_guard lock(mutex_);
  loss_.reset();
  reset_metrics();
  drop();
}

}  // namespace hearth::train
