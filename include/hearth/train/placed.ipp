#pragma once

#include <hearth/train/placed.hpp>

#include <tuple>
#include <vector>

#include <hearth/train/copy_ahead.hpp>
#include <hearth/train/normalized.hpp>

namespace hearth::train {

HEARTH_INLINE Placer::Placer(const Placement& placement, bool copy_ahead)
    : placement_(placement), copies_ahead_(copy_ahead && placement.device.is_cuda()) {}

HEARTH_INLINE Placer::~Placer() = default;

HEARTH_INLINE Placed Placer::place(const Batch& batch) {
  if (!copies_ahead_ || !batch.inputs.is_cpu() || !batch.targets.is_cpu() || !batch.inputs.is_pinned() ||
      !batch.targets.is_pinned()) {
    return {placement_.inputs(batch), placement_.targets(batch.targets)};
  }
  if (ahead_ == nullptr) {
    ahead_ = std::make_unique<CopyAhead>(placement_.device);
  }
  const auto format = placement_.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Preserve;
  const std::vector<at::Tensor> copies = ahead_->copy({batch.inputs, batch.targets}, format);
  return {batch.normalization == nullptr ? copies[0] : normalized(copies[0], *batch.normalization), copies[1]};
}

HEARTH_INLINE Placed Placer::place(const Batch& batch, const BatchMix& mix, std::uint64_t epoch) {
  Placed placed = place(batch);
  if (mix) {
    std::tie(placed.inputs, placed.targets) = mix(placed.inputs, placed.targets, epoch, batch.index);
    placed.are_mixed = true;
  }
  return placed;
}

}  // namespace hearth::train
