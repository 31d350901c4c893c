/// The share of one process in an epoch that several processes go through together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

struct DistributedSamplerOptions {
  int rank = 0;            ///< this process, 0 … world_size-1
  int world_size = 1;      ///< how many processes there are
  bool shuffle = true;     ///< a new order each epoch, the same one in all processes
  std::uint64_t seed = 0;  ///< the same in every process
  bool drop_last = false;  ///< leave the tail out where the samples do not divide; otherwise the first ones come again
};

/// Every `world_size`-th sample of an epoch's order, from `rank` on; the rule of torch/utils/data/distributed.py. The
/// order is `permutation(size, seed, epoch)`, or 0 … size-1 without shuffle; it is padded with its own start, or its
/// tail dropped, so that all processes have equally many. It is for loops of one's own: the trainer shares a loader
/// itself, see Share.
class DistributedSampler {
 public:
  static constexpr bool is_share = true;  ///< see ShareSampler

  /// Throws Error when there are no samples or no processes, or when `rank` is none of theirs.
  explicit DistributedSampler(std::size_t size, DistributedSamplerOptions options = {});

  std::size_t size() const noexcept { return (size_ + (options_.drop_last ? 0 : world() - 1)) / world(); }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::size_t world() const noexcept { return static_cast<std::size_t>(options_.world_size); }

  std::size_t size_;
  DistributedSamplerOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/distributed_sampler.ipp>
#endif
