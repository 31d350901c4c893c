/// A mean of numbers that a device is still computing: what metrics over batches are made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace hearth::metrics {

/// A sum and a count, both in double precision, and their quotient. Batches are added in the order they came in, but a
/// device is asked for their values only when the mean is read, many at once, so that a loop over batches need not wait
/// for the device at each of them; when the mean is read changes nothing in it.
class DeferredMean {
 public:
  /// Adds `weight` times the one number in `scalar`, which may be on any device, to the sum, and `count` to the count.
  void add(const at::Tensor& scalar, double weight, double count) {
    if (!pending_.empty() && (pending_.size() == most_pending || pending_.back().device() != scalar.device() ||
                              pending_.back().scalar_type() != scalar.scalar_type())) {
      settle();
    }
    pending_.push_back(scalar.detach());
    weights_.push_back(weight);
    sums_[1] += count;
  }

  /// Sum divided by count; not a number while the count is 0.
  double value() const {
    settle();
    return sums_[1] > 0 ? sums_[0] / sums_[1] : std::numeric_limits<double>::quiet_NaN();
  }

  /// The sum and the count, for reading and for writing, until the next call.
  std::span<double> sums() {
    settle();
    return sums_;
  }

  void reset() { *this = {}; }

 private:
  static constexpr std::size_t most_pending = 256;

  void settle() const {
    if (pending_.empty()) {
      return;
    }
    const at::NoGradGuard no_grad;
    const at::Tensor values = at::stack(pending_).to(at::kCPU).to(at::kDouble);  // [pending]; MPS knows no double
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      sums_[0] += weights_[i] * values.const_data_ptr<double>()[i];
    }
    pending_.clear();
    weights_.clear();
  }

  mutable std::array<double, 2> sums_{};
  mutable std::vector<at::Tensor> pending_;  // scalars that are not in the sum yet
  mutable std::vector<double> weights_;
};

}  // namespace hearth::metrics
