#pragma once

#include <hearth/train/placed.hpp>

#include <tuple>

namespace hearth::train {

HEARTH_INLINE Placed place(const Batch& batch, const Placement& placement, const BatchMix& mix, std::uint64_t epoch) {
  Placed placed{placement.inputs(batch.inputs), placement.targets(batch.targets)};
  if (mix) {
    std::tie(placed.inputs, placed.targets) = mix(placed.inputs, placed.targets, epoch, batch.index);
    placed.are_mixed = true;
  }
  return placed;
}

}  // namespace hearth::train
