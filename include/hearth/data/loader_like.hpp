/// What a loader is: the part that gives Trainer and Evaluator their batches.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <hearth/core/error.hpp>
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

/// The optimizer steps of an epoch with TrainerOptions::accumulate batches each, the last perhaps of fewer: what a
/// scheduler counts that steps after each of them. Throws Error when `accumulate` is below 1.
///
///     .total_steps = epochs * steps_per_epoch(loader, options.accumulate)
template <LoaderLike Loader>
int steps_per_epoch(const Loader& loader, int accumulate = 1) {
  if (accumulate < 1) {
    core::fail("steps_per_epoch: accumulate must be at least 1");
  }
  const auto batches = static_cast<std::size_t>(loader.size());
  const auto each = static_cast<std::size_t>(accumulate);
  return static_cast<int>((batches + each - 1) / each);
}

}  // namespace hearth
