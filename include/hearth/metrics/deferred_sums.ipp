#pragma once

#include <hearth/metrics/deferred_sums.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <hearth/core/error.hpp>

namespace hearth::metrics {

HEARTH_INLINE void DeferredSums::add(const at::Tensor& numbers) {
  constexpr std::size_t most_pending = 256;
  const auto size = static_cast<std::size_t>(numbers.numel());
  core::require(sums_.empty() || sums_.size() == size, "a metric has {} sums, but a batch gave {}", sums_.size(), size);
  sums_.resize(size, 0.0);
  if (!pending_.empty() && (pending_.size() == most_pending || pending_.back().device() != numbers.device() ||
                            pending_.back().scalar_type() != numbers.scalar_type())) {
    settle();
  }
  pending_.push_back(numbers.detach());
}

HEARTH_INLINE std::span<const double> DeferredSums::sums() const {
  settle();
  return sums_;
}

HEARTH_INLINE void DeferredSums::load(std::span<const double> sums) {
  pending_.clear();
  sums_.assign(sums.begin(), sums.end());
}

HEARTH_INLINE void DeferredSums::settle() const {
  if (pending_.empty()) {
    return;
  }
  const at::NoGradGuard no_grad;
  const at::Tensor numbers = at::stack(pending_).to(at::kCPU).to(at::kDouble);  // [pending, K]; MPS has no double
  const double* number = numbers.const_data_ptr<double>();
  for (std::size_t batch = 0; batch < pending_.size(); ++batch) {
    for (double& sum : sums_) {
      sum += *number++;
    }
  }
  pending_.clear();
}

}  // namespace hearth::metrics
