#pragma once

#include <hearth/train/evaluation_mode.hpp>

namespace hearth {

HEARTH_INLINE EvaluationMode::EvaluationMode(torch::nn::Module& module)
    : module_(module), was_training_(module.is_training()) {
  for (const auto& part : module.modules(/*include_self=*/false)) {
    modes_.emplace_back(part, part->is_training());
  }
  module.eval();
}

HEARTH_INLINE EvaluationMode::~EvaluationMode() {
  // train() reaches all that is inside; parts come after what they are inside of.
  module_.train(was_training_);
  for (const auto& [part, was_training] : modes_) {
    if (part->is_training() != was_training) {
      part->train(was_training);
    }
  }
}

}  // namespace hearth
