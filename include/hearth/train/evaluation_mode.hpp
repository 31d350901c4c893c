/// Evaluation mode for as long as a scope lasts.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>
#include <vector>

namespace hearth {

/// Puts a module, with all that it is made of, into evaluation mode, and at the scope's end each part back into the
/// mode that it was in: a part that is frozen in evaluation mode inside a module in training mode stays so. Python's
/// model.eval() and model.train() forget that.
class EvaluationMode {
 public:
  /// The module must outlive the scope.
  explicit EvaluationMode(torch::nn::Module& module) : module_(module), was_training_(module.is_training()) {
    for (const auto& part : module.modules(/*include_self=*/false)) {
      modes_.emplace_back(part, part->is_training());
    }
    module.eval();
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() {
    // train() reaches all that is inside; parts come after what they are inside of.
    module_.train(was_training_);
    for (const auto& [part, was_training] : modes_) {
      if (part->is_training() != was_training) {
        part->train(was_training);
      }
    }
  }

 private:
  torch::nn::Module& module_;
  bool was_training_;
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> modes_;
};

}  // namespace hearth
