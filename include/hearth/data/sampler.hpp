/// What a sampler is, the order in which an epoch goes through a dataset, and those that need one process only.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>

namespace hearth {

/// `indices(epoch)` gives the samples of an epoch in their order, `size()` of them. It is a function of the epoch and
/// of what the sampler was made with, so any epoch can be had again.
template <class S>
concept SamplerLike = requires(const S& sampler, std::uint64_t epoch) {
  { sampler.size() } -> std::convertible_to<std::size_t>;
  { sampler.indices(epoch) } -> std::same_as<std::vector<std::size_t>>;
};

/// A sampler that gives one process's part of an epoch, as DistributedSampler does, and says so: an epoch that a loader
/// shares among processes by itself cannot have it.
template <class S>
concept ShareSampler = SamplerLike<S> && S::is_share;

/// 0, 1, … size-1 in every epoch; torch.utils.data.SequentialSampler.
class SequentialSampler {
 public:
  explicit SequentialSampler(std::size_t size) noexcept : size_(size) {}

  std::size_t size() const noexcept { return size_; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::size_t size_;
};

struct RandomSamplerOptions {
  bool replacement = false;     ///< whether a sample may be drawn again
  std::size_t num_samples = 0;  ///< how many an epoch draws; 0: as many as there are
  std::uint64_t seed = 0;
};

/// All samples in a new random order each epoch, `permutation(size, seed, epoch)`; torch.utils.data.RandomSampler.
/// More `num_samples` than there are go on with further permutations; with `replacement` each is drawn from all.
class RandomSampler {
 public:
  /// Throws Error when `size` is 0.
  explicit RandomSampler(std::size_t size, RandomSamplerOptions options = {});

  std::size_t size() const noexcept { return options_.num_samples == 0 ? size_ : options_.num_samples; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::size_t size_;
  RandomSamplerOptions options_;
};

struct SubsetRandomSamplerOptions {
  std::uint64_t seed = 0;
};

/// The given samples in a new random order each epoch; torch.utils.data.SubsetRandomSampler.
class SubsetRandomSampler {
 public:
  explicit SubsetRandomSampler(std::vector<std::size_t> indices, SubsetRandomSamplerOptions options = {})
      : indices_(std::move(indices)), options_(options) {}

  std::size_t size() const noexcept { return indices_.size(); }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::vector<std::size_t> indices_;
  SubsetRandomSamplerOptions options_;
};

struct WeightedRandomSamplerOptions {
  bool replacement = true;  ///< whether a sample may be drawn again
  std::uint64_t seed = 0;
};

/// Sample i with a probability in proportion to `weights[i]`, which need not sum to 1; torch.utils.data.
/// WeightedRandomSampler. Without replacement no sample comes twice and each draw is among those left (the exponential
/// keys of Efraimidis and Spirakis, "Weighted random sampling with a reservoir", IPL 2006, as torch.multinomial).
class WeightedRandomSampler {
 public:
  /// Throws Error when a weight is negative or not finite, when all are 0, when `num_samples` is 0, or, without
  /// replacement, larger than the number of weights above 0.
  WeightedRandomSampler(std::vector<double> weights, std::size_t num_samples,
                        WeightedRandomSamplerOptions options = {});

  std::size_t size() const noexcept { return num_samples_; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::vector<std::size_t> with_replacement(RandomStream& random) const;
  std::vector<std::size_t> without_replacement(RandomStream& random) const;

  std::vector<double> weights_;
  std::size_t num_samples_;
  WeightedRandomSamplerOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/sampler.ipp>
#endif
