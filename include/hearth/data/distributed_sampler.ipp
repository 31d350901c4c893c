#pragma once

#include <hearth/data/distributed_sampler.hpp>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/sampler.hpp>

namespace hearth {

HEARTH_INLINE DistributedSampler::DistributedSampler(std::size_t size, DistributedSamplerOptions options)
    : size_(size), options_(options) {
  core::require(size > 0, "DistributedSampler: there are no samples to share");
  core::require(options.world_size >= 1, "DistributedSampler: world_size must be at least 1, but got {}",
                options.world_size);
  core::require(options.rank >= 0 && options.rank < options.world_size,
                "DistributedSampler: Invalid rank {}, rank should be in the interval [0, {}]", options.rank,
                options.world_size - 1);
}

HEARTH_INLINE std::vector<std::size_t> DistributedSampler::indices(std::uint64_t epoch) const {
  const std::vector<std::size_t> order =
      options_.shuffle ? permutation(size_, options_.seed, epoch) : SequentialSampler(size_).indices(epoch);
  std::vector<std::size_t> share(size());
  for (std::size_t i = 0; i < share.size(); ++i) {
    share[i] = order[(static_cast<std::size_t>(options_.rank) + i * world()) % size_];
  }
  return share;
}

}  // namespace hearth
