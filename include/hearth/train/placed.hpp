/// A batch on its way into the model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/trainer_options.hpp>

namespace hearth::train {

/// A batch on the device, mixed where the options say so.
struct Placed {
  at::Tensor inputs;
  at::Tensor targets;
  bool are_mixed = false;
};

/// The batch of a training's epoch, on the device and mixed.
Placed place(const Batch& batch, const Placement& placement, const BatchMix& mix, std::uint64_t epoch);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/placed.ipp>
#endif
