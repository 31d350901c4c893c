#pragma once

#include <hearth/train/trainer_options.hpp>

#include <hearth/core/error.hpp>
#include <hearth/train/recorder.hpp>

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
  if (options.cuda_graph) {
    core::require(options.accumulate == 1,
                  "TrainerOptions::cuda_graph: a recorded step has one batch, but accumulate is {}: leave it off",
                  options.accumulate);
    core::require(options.precision != Precision::fp16,
                  "TrainerOptions::cuda_graph: a step in fp16 waits for the device, to skip it where gradients are not "
                  "finite: take bf16, or leave it off");
    core::require(options.world.is_alone(),
                  "TrainerOptions::cuda_graph: the step of {} processes cannot be recorded: leave it off",
                  options.world.size());
    static_cast<void>(recorder_maker()(options.device));  // throws where there is none
  }
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
