#pragma once

#include <hearth/metrics/deferred_mean.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <limits>

#include <hearth/core/error.hpp>

namespace hearth::metrics {

HEARTH_INLINE void DeferredMean::add_mean(const at::Tensor& mean, double count) {
  add_mean(mean, at::scalar_tensor(count, at::kDouble));  // stays on the CPU
}

HEARTH_INLINE double DeferredMean::value() const {
  settle();
  return sums_[1] > 0 ? sums_[0] / sums_[1] : std::numeric_limits<double>::quiet_NaN();
}

HEARTH_INLINE std::span<const double> DeferredMean::sums() const {
  settle();
  return sums_;
}

HEARTH_INLINE void DeferredMean::load(std::span<const double> sums) {
  core::require(sums.size() == sums_.size(), "a mean is made of a sum and a count, but got {} numbers", sums.size());
  reset();
  std::copy(sums.begin(), sums.end(), sums_.begin());
}

HEARTH_INLINE void DeferredMean::add(const at::Tensor& number, const at::Tensor& count, bool is_mean) {
  constexpr std::size_t most_pending = 256;
  const auto alike = [](const at::Tensor& a, const at::Tensor& b) {
    return a.device() == b.device() && a.scalar_type() == b.scalar_type();
  };
  if (!numbers_.empty() &&
      (numbers_.size() == most_pending || !alike(numbers_.back(), number) || !alike(counts_.back(), count))) {
    settle();
  }
  numbers_.push_back(number.detach());
  counts_.push_back(count.detach());
  is_mean_.push_back(is_mean);
}

HEARTH_INLINE void DeferredMean::settle() const {
  if (numbers_.empty()) {
    return;
  }
  const at::NoGradGuard no_grad;
  const auto read = [](const std::vector<at::Tensor>& tensors) {
    return at::stack(tensors).to(at::kCPU).to(at::kDouble);  // [pending]; in this order, for MPS has no double
  };
  const at::Tensor numbers = read(numbers_);
  const at::Tensor counts = read(counts_);
  for (std::size_t i = 0; i < is_mean_.size(); ++i) {
    const double count = counts.const_data_ptr<double>()[i];
    if (count != 0) {
      sums_[0] += numbers.const_data_ptr<double>()[i] * (is_mean_[i] ? count : 1);
      sums_[1] += count;
    }
  }
  numbers_.clear();
  counts_.clear();
  is_mean_.clear();
}

}  // namespace hearth::metrics
