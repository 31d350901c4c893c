#pragma once

#include <hearth/metrics/deferred_counts.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <cstdint>

namespace hearth::metrics {

HEARTH_INLINE void DeferredCounts::add(const at::Tensor& places, const at::Tensor& amounts) {
  const at::NoGradGuard no_grad;
  if (pending_.defined() && pending_.device() != places.device()) {
    settle();
  }
  if (!pending_.defined()) {
    pending_ = at::zeros({static_cast<std::int64_t>(sums_.size())}, places.options().dtype(at::kLong));
  }
  // Not bincount, which on CUDA waits for the largest place.
  pending_.scatter_add_(0, places.reshape({-1}), amounts.reshape({-1}));
}

HEARTH_INLINE std::span<const double> DeferredCounts::sums() const {
  settle();
  return sums_;
}

HEARTH_INLINE void DeferredCounts::load(std::span<const double> sums) {
  pending_.reset();
  sums_.assign(sums.begin(), sums.end());
}

HEARTH_INLINE void DeferredCounts::settle() const {
  if (!pending_.defined()) {
    return;
  }
  const at::Tensor counts = pending_.to(at::kCPU);
  const std::int64_t* const count = counts.const_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    sums_[i] += static_cast<double>(count[i]);
  }
  pending_.reset();
}

}  // namespace hearth::metrics
