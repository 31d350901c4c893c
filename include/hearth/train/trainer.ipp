#pragma once

#include <hearth/train/trainer.hpp>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE void check_trainer_options(const TrainerOptions& options) {
  core::require(options.epochs >= 1, "Trainer: epochs must be at least 1, but got {}", options.epochs);
  core::require(options.first_epoch >= 0 && options.first_epoch < options.epochs,
                "Trainer: first_epoch must be at least 0 and below epochs, which is {}, but got {}", options.epochs,
                options.first_epoch);
}

}  // namespace hearth::train
