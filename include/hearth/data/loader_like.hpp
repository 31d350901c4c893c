/// What a loader is: the part that gives Trainer and Evaluator their batches.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

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

}  // namespace hearth
