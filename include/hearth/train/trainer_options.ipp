#pragma once

#include <hearth/train/trainer_options.hpp>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE void check_trainer_options(const TrainerOptions& options) {
  core::require(options.epochs >= 1, "Trainer: epochs must be at least 1, but got {}", options.epochs);
  core::require(options.first_epoch >= 0 && options.first_epoch < options.epochs,
                "Trainer: first_epoch must be at least 0 and below epochs, which is {}, but got {}", options.epochs,
                options.first_epoch);
  core::require(options.accumulate >= 1, "Trainer: accumulate must be at least 1, but got {}", options.accumulate);
  core::require(!options.clip_norm || *options.clip_norm > 0, "Trainer: clip_norm must be above 0, but got {}",
                options.clip_norm.value_or(0));
  core::require(!options.clip_value || *options.clip_value > 0, "Trainer: clip_value must be above 0, but got {}",
                options.clip_value.value_or(0));
  if (options.checkpoints) {
    const CheckpointOptions& checkpoints = *options.checkpoints;
    core::require(checkpoints.keep >= 1, "Trainer: checkpoints.keep must be at least 1, but got {}", checkpoints.keep);
    core::require(checkpoints.every.count() >= 0, "Trainer: checkpoints.every must be at least 0, but got {} ms",
                  checkpoints.every.count());
    core::require(checkpoints.every_steps >= 0, "Trainer: checkpoints.every_steps must be at least 0, but got {}",
                  checkpoints.every_steps);
  }
}

HEARTH_INLINE std::optional<at::ScalarType> autocast_type(Precision precision) noexcept {
  switch (precision) {
    case Precision::bf16:
      return at::kBFloat16;
    case Precision::fp16:
      return at::kHalf;
    case Precision::fp32:
      break;
  }
  return std::nullopt;
}

}  // namespace hearth::train
