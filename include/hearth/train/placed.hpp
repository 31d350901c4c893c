/// A batch on its way into the model.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

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

class CopyAhead;

/// Brings one batch after the other to the device.
class Placer {
 public:
  /// `copy_ahead`: from pinned memory to a CUDA device, batches are copied while it computes on the one before.
  explicit Placer(const Placement& placement, bool copy_ahead = true);
  Placer(const Placer&) = delete;
  Placer& operator=(const Placer&) = delete;
  ~Placer();

  /// The batch on the device; its bytes are floats there.
  Placed place(const Batch& batch);

  /// The batch of a training's epoch, on the device and mixed.
  Placed place(const Batch& batch, const BatchMix& mix, std::uint64_t epoch);

 private:
  Placement placement_;
  bool copies_ahead_;
  std::unique_ptr<CopyAhead> ahead_;  // from the first batch on that it can copy
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/placed.ipp>
#endif
