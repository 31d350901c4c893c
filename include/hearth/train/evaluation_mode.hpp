/// Evaluation mode for as long as a scope lasts.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// Puts a module, with all that it is made of, into evaluation mode, and at the scope's end each part back into the
/// mode that it was in: a part that is frozen in evaluation mode inside a module in training mode stays so. Python's
/// model.eval() and model.train() forget that.
class EvaluationMode {
 public:
  /// The module must outlive the scope.
  explicit EvaluationMode(torch::nn::Module& module);
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode();

 private:
  torch::nn::Module& module_;
  bool was_training_;
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> modes_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/evaluation_mode.ipp>
#endif
