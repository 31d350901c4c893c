/// What a loader is: the part that gives Trainer and Evaluator their batches.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/batch.hpp>

namespace hearth {

/// Something that gives the batches of an epoch, as DataLoader does: `size()` of them, with `samples()` in all. An
/// epoch is a range of Batch that knows how many seconds were spent waiting for it.
template <class L>
concept LoaderLike = requires(L& loader, std::uint64_t epoch) {
  { loader.size() } -> std::convertible_to<std::size_t>;
  { loader.samples() } -> std::convertible_to<std::size_t>;
  { *loader.epoch(epoch).begin() } -> std::convertible_to<const Batch&>;
  { loader.epoch(epoch).wait_seconds() } -> std::convertible_to<double>;
  loader.dataset();
};

/// A loader that can leave out the first samples of an epoch without reading them, as DataLoader can: what a run needs
/// that stopped within an epoch, at the `drawn` of its last batch, and goes on.
template <class L>
concept ResumableLoader = LoaderLike<L> && requires(L& loader, std::uint64_t epoch, std::size_t first_sample) {
  { *loader.epoch(epoch, first_sample).begin() } -> std::convertible_to<const Batch&>;
};

/// A loader that several processes can share, as DataLoader: each goes through its own part of every batch.
template <class L>
concept ShareableLoader = ResumableLoader<L> && requires(L& loader, std::uint64_t epoch, const Share& share) {
  { loader.size(share) } -> std::convertible_to<std::size_t>;
  { loader.samples(share) } -> std::convertible_to<std::size_t>;
  { *loader.epoch(epoch, std::size_t{0}, share).begin() } -> std::convertible_to<const Batch&>;
};

/// The optimizer steps of an epoch with TrainerOptions::accumulate batches each, the last perhaps of fewer: what a
/// scheduler counts that steps after each of them. `world_size` is the number of processes that share the loader.
/// Throws Error when `accumulate` or `world_size` is below 1, or when the loader cannot be shared.
///
///     .total_steps = epochs * steps_per_epoch(loader, options.accumulate, world.size())
template <LoaderLike Loader>
int steps_per_epoch(const Loader& loader, int accumulate = 1, int world_size = 1,
                    Remainder remainder = Remainder::once) {
  if (accumulate < 1) {
    core::fail("steps_per_epoch: accumulate must be at least 1");
  }
  if (world_size < 1) {
    core::fail("steps_per_epoch: world_size must be at least 1");
  }
  auto batches = static_cast<std::size_t>(loader.size());
  if (world_size > 1) {
    if constexpr (ShareableLoader<Loader>) {
      batches = loader.size(Share{.size = static_cast<std::size_t>(world_size), .remainder = remainder});
    } else {
      core::fail("steps_per_epoch: this loader cannot be shared by several processes (ShareableLoader)");
    }
  }
  const auto each = static_cast<std::size_t>(accumulate);
  return static_cast<int>((batches + each - 1) / each);
}

}  // namespace hearth
