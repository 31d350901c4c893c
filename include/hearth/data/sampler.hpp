/// What a sampler is, the order in which an epoch goes through a dataset, and those that need one process only.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>

namespace hearth {

/// `indices(epoch)` gives the samples of an epoch in their order, `size()` of them. It is a function of the epoch and
/// of what the sampler was made with, so any epoch can be had again.
template <class S>
concept SamplerLike = requires(const S& sampler, std::uint64_t epoch) {
  { sampler.size() } -> std::convertible_to<std::size_t>;
  { sampler.indices(epoch) } -> std::same_as<std::vector<std::size_t>>;
};

/// 0, 1, … size-1 in every epoch; torch.utils.data.SequentialSampler.
class SequentialSampler {
 public:
  explicit SequentialSampler(std::size_t size) noexcept : size_(size) {}

  std::size_t size() const noexcept { return size_; }

  std::vector<std::size_t> indices(std::uint64_t /*epoch*/) const {
    std::vector<std::size_t> order(size_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }

 private:
  std::size_t size_;
};

struct RandomSamplerOptions {
  bool replacement = false;
  std::size_t num_samples = 0;  ///< how many an epoch draws; 0: as many as there are
  std::uint64_t seed = 0;
};

/// All samples in an order drawn anew each epoch, `permutation(size, seed, epoch)`; torch.utils.data.RandomSampler.
/// More `num_samples` than there are go on with further permutations; with `replacement` each is drawn from all.
class RandomSampler {
 public:
  /// Throws Error when `size` is 0.
  explicit RandomSampler(std::size_t size, RandomSamplerOptions options = {}) : size_(size), options_(options) {
    core::require(size > 0, "RandomSampler: there are no samples to draw from");
  }

  std::size_t size() const noexcept { return options_.num_samples == 0 ? size_ : options_.num_samples; }

  std::vector<std::size_t> indices(std::uint64_t epoch) const {
    RandomStream random(options_.seed, epoch, core::epoch_stream);
    std::vector<std::size_t> drawn;
    drawn.reserve(size());
    if (options_.replacement) {
      for (std::size_t i = 0; i < size(); ++i) {
        drawn.push_back(random.below(size_));
      }
      return drawn;
    }
    std::vector<std::size_t> order(size_);
    while (drawn.size() < size()) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      core::shuffle(order, random);
      const std::size_t wanted = std::min(size_, size() - drawn.size());
      drawn.insert(drawn.end(), order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted));
    }
    return drawn;
  }

 private:
  std::size_t size_;
  RandomSamplerOptions options_;
};

struct SubsetRandomSamplerOptions {
  std::uint64_t seed = 0;
};

/// The given samples in an order drawn anew each epoch; torch.utils.data.SubsetRandomSampler.
class SubsetRandomSampler {
 public:
  explicit SubsetRandomSampler(std::vector<std::size_t> indices, SubsetRandomSamplerOptions options = {})
      : indices_(std::move(indices)), options_(options) {}

  std::size_t size() const noexcept { return indices_.size(); }

  std::vector<std::size_t> indices(std::uint64_t epoch) const {
    std::vector<std::size_t> order = indices_;
    RandomStream random(options_.seed, epoch, core::epoch_stream);
    core::shuffle(order, random);
    return order;
  }

 private:
  std::vector<std::size_t> indices_;
  SubsetRandomSamplerOptions options_;
};

struct WeightedRandomSamplerOptions {
  bool replacement = true;
  std::uint64_t seed = 0;
};

/// Sample i with a probability in proportion to `weights[i]`, which need not sum to 1; torch.utils.data.
/// WeightedRandomSampler. Without replacement no sample comes twice and each draw is among those left (the exponential
/// keys of Efraimidis and Spirakis, "Weighted random sampling with a reservoir", IPL 2006, as torch.multinomial).
class WeightedRandomSampler {
 public:
  /// Throws Error when a weight is negative or not finite, when all are 0, when `num_samples` is 0, or, without
  /// replacement, larger than the number of weights above 0.
  WeightedRandomSampler(std::vector<double> weights, std::size_t num_samples, WeightedRandomSamplerOptions options = {})
      : weights_(std::move(weights)), num_samples_(num_samples), options_(options) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      core::require(std::isfinite(weights_[i]) && weights_[i] >= 0,
                    "WeightedRandomSampler: a weight must be a finite number of at least 0, but weight {} is {}", i,
                    weights_[i]);
    }
    const auto drawable = weights_.size() - static_cast<std::size_t>(std::count(weights_.begin(), weights_.end(), 0.0));
    core::require(drawable > 0, "WeightedRandomSampler: at least one weight must be above 0");
    core::require(num_samples > 0, "WeightedRandomSampler: num_samples must be at least 1, but got 0");
    core::require(options.replacement || num_samples <= drawable,
                  "WeightedRandomSampler: {} samples without replacement cannot be had from {} with a weight above 0",
                  num_samples, drawable);
  }

  std::size_t size() const noexcept { return num_samples_; }

  std::vector<std::size_t> indices(std::uint64_t epoch) const {
    RandomStream random(options_.seed, epoch, core::epoch_stream);
    return options_.replacement ? with_replacement(random) : without_replacement(random);
  }

 private:
  std::vector<std::size_t> with_replacement(RandomStream& random) const {
    std::vector<double> up_to(weights_.size());
    std::partial_sum(weights_.begin(), weights_.end(), up_to.begin());
    // The last weight above 0: where a draw that rounds up to the sum belongs.
    const auto last = std::lower_bound(up_to.begin(), up_to.end(), up_to.back());
    std::vector<std::size_t> drawn(num_samples_);
    for (std::size_t& index : drawn) {
      const auto above = std::upper_bound(up_to.begin(), last, random.uniform() * up_to.back());
      index = static_cast<std::size_t>(above - up_to.begin());
    }
    return drawn;
  }

  std::vector<std::size_t> without_replacement(RandomStream& random) const {
    std::vector<std::pair<double, std::size_t>> keys;  // exponential with rate weight: the smallest come first
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double exponential = -std::log1p(-random.uniform());
      if (weights_[i] > 0) {
        keys.emplace_back(exponential / weights_[i], i);
      }
    }
    std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(num_samples_), keys.end());
    std::vector<std::size_t> drawn(num_samples_);
    std::transform(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(num_samples_), drawn.begin(),
                   [](const auto& key) { return key.second; });
    return drawn;
  }

  std::vector<double> weights_;
  std::size_t num_samples_;
  WeightedRandomSamplerOptions options_;
};

}  // namespace hearth
