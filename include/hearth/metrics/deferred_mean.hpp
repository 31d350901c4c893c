/// A mean of numbers that a device is still computing: what metrics over batches are made of.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::metrics {

/// A sum and a count, both in double precision, and their quotient. Batches are added in the order they came in, but a
/// device is asked for their values only when the mean is read, many at once, so that a loop over batches need not wait
/// for the device at each of them; when the mean is read changes nothing in it.
///
/// What is added are tensors of one number, on any device, and never of double precision unless they come so: a batch's
/// own sum or its own mean, with the count of what they were taken over.
class DeferredMean {
 public:
  void add_sum(const at::Tensor& sum, const at::Tensor& count) { add(sum, count, /*is_mean=*/false); }

  /// A mean over nothing, which is not a number, counts nothing.
  void add_mean(const at::Tensor& mean, const at::Tensor& count) { add(mean, count, /*is_mean=*/true); }
  void add_mean(const at::Tensor& mean, double count);

  /// Sum divided by count; not a number while the count is 0.
  double value() const;

  /// The sum and the count, until the next call.
  std::span<const double> sums() const;

  /// Goes on from a sum and a count. Throws Error when `sums` is not these two.
  void load(std::span<const double> sums);

  void reset() { *this = {}; }

 private:
  void add(const at::Tensor& number, const at::Tensor& count, bool is_mean);
  void settle() const;

  mutable std::array<double, 2> sums_{};
  // What is not in the sums yet.
  mutable std::vector<at::Tensor> numbers_;
  mutable std::vector<at::Tensor> counts_;
  mutable std::vector<bool> is_mean_;
};

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/deferred_mean.ipp>
#endif
