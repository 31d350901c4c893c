#pragma once

#include <hearth/data/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE std::vector<std::size_t> SequentialSampler::indices(std::uint64_t /*epoch*/) const {
  std::vector<std::size_t> order(size_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

HEARTH_INLINE RandomSampler::RandomSampler(std::size_t size, RandomSamplerOptions options)
    : size_(size), options_(options) {
  core::require(size > 0, "RandomSampler: there are no samples to draw from");
}

HEARTH_INLINE std::vector<std::size_t> RandomSampler::indices(std::uint64_t epoch) const {
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

HEARTH_INLINE std::vector<std::size_t> SubsetRandomSampler::indices(std::uint64_t epoch) const {
  std::vector<std::size_t> order = indices_;
  RandomStream random(options_.seed, epoch, core::epoch_stream);
  core::shuffle(order, random);
  return order;
}

HEARTH_INLINE WeightedRandomSampler::WeightedRandomSampler(std::vector<double> weights, std::size_t num_samples,
                                                           WeightedRandomSamplerOptions options)
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

HEARTH_INLINE std::vector<std::size_t> WeightedRandomSampler::indices(std::uint64_t epoch) const {
  RandomStream random(options_.seed, epoch, core::epoch_stream);
  return options_.replacement ? with_replacement(random) : without_replacement(random);
}

HEARTH_INLINE std::vector<std::size_t> WeightedRandomSampler::with_replacement(RandomStream& random) const {
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

HEARTH_INLINE std::vector<std::size_t> WeightedRandomSampler::without_replacement(RandomStream& random) const {
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

}  // namespace hearth
