/// Counts of what a device is still computing: what metrics of whole numbers are made of.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::metrics {

/// A list of sums of whole numbers. They are added on the device, and the device is asked for them only when they are
/// read, so that a loop over batches need not wait for it. Whole numbers below 2^53 are exact in double precision: the
/// order of batches, of processes, and of reading changes nothing.
class DeferredCounts {
 public:
  /// `size` sums, all 0.
  explicit DeferredCounts(std::size_t size = 0) : sums_(size, 0.0) {}

  std::size_t size() const noexcept { return sums_.size(); }

  /// Adds amounts[i] to the sum at places[i]. Both are int64 and of one shape, and each place is from 0 to size() - 1.
  void add(const at::Tensor& places, const at::Tensor& amounts);

  /// The sums, until the next call.
  std::span<const double> sums() const;

  /// Goes on from other sums, which may be more or fewer.
  void load(std::span<const double> sums);

 private:
  void settle() const;

  mutable std::vector<double> sums_;
  mutable at::Tensor pending_;  // [size], int64, on the device: what is not in the sums yet; undefined: nothing
};

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/deferred_counts.ipp>
#endif
