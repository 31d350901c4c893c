/// Sums of numbers that a device is still computing.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::metrics {

/// A list of sums in double precision. Batches are added in the order they came in, but a device is asked for their
/// numbers only when the sums are read, many at once, so that a loop over batches need not wait for the device at each
/// of them; when the sums are read changes nothing in them.
class DeferredSums {
 public:
  /// 0 until the first batch.
  std::size_t size() const noexcept { return sums_.size(); }

  /// Adds a batch's own sums: [K] numbers of any type on any device, the same K each time.
  void add(const at::Tensor& numbers);

  /// The sums, until the next call.
  std::span<const double> sums() const;

  /// Goes on from other sums.
  void load(std::span<const double> sums);

 private:
  void settle() const;

  mutable std::vector<double> sums_;
  mutable std::vector<at::Tensor> pending_;  // what is not in the sums yet
};

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/deferred_sums.ipp>
#endif
