/// An order in which every class comes equally often, however many samples it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/dataset.hpp>

namespace hearth {

struct ClassBalancedSamplerOptions {
  std::size_t num_samples = 0;  ///< how many an epoch draws; 0: as many as there are
  std::uint64_t seed = 0;
};

/// Draws each class equally often in an epoch: where num_samples does not divide by the classes, some, others in each
/// epoch, once more. A class is gone through in a random order, and again in another when it is through, so that its
/// samples too come equally often, but for one: those of a small class several times, and of a large class a part. The
/// order of it all is random; a batch is balanced on average. (WeightedRandomSampler with weights of 1 / the class's
/// count balances the epoch on average only.)
class ClassBalancedSampler {
 public:
  /// Sample i is of the class `labels[i]`. Throws Error when there are no samples.
  explicit ClassBalancedSampler(const std::vector<std::int64_t>& labels, ClassBalancedSamplerOptions options = {});

  /// Of a dataset that knows its labels; none of its samples is read.
  template <class Dataset>
  explicit ClassBalancedSampler(const Dataset& dataset, ClassBalancedSamplerOptions options = {})
      : ClassBalancedSampler(labels_of(dataset), options) {}

  std::size_t size() const noexcept { return options_.num_samples; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::vector<std::vector<std::size_t>> classes_;  // the samples of each
  ClassBalancedSamplerOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/class_balanced_sampler.ipp>
#endif
