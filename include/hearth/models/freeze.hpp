/// Parts of a model that training leaves as they are.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>

#include <memory>

namespace hearth::models {

/// No parameter of the module, a model or a layer of one, requires a gradient any more. Its BatchNorms in training mode
/// still gather statistics; see `freeze_batch_norm`. A Linear that `replace_head` renews afterwards is trainable.
/// LibTorch's clone() makes all parameters trainable again. Python: module.requires_grad_(False).
///
///     models::freeze(model);
///     models::replace_head(model, 200);  // the only layer that is trained
template <class ModuleHandle>
void freeze(const ModuleHandle& module) {
  for (const at::Tensor& parameter : module->parameters()) {
    parameter.requires_grad_(false);
  }
}

/// What of a BatchNorm training leaves as it is.
struct FreezeBatchNormOptions {
  bool statistics = true;  ///< false: it goes on to normalise by its batches and to gather their statistics
};

/// The weight and the bias of every BatchNorm of the module, a model or a layer of one, require no gradient, and,
/// unless the options say otherwise, it goes into evaluation mode, in which it normalises by the statistics that it has
/// and gathers no more: for fine-tuning with batches too small to be normalised by. A later `train()` of the module
/// undoes the mode, in Python too; Trainer calls it only on a model that is in evaluation mode as a whole.
///
///     model->train();
///     models::freeze_batch_norm(model);
template <class ModuleHandle>
void freeze_batch_norm(const ModuleHandle& module, const FreezeBatchNormOptions& options = {}) {
  for (const std::shared_ptr<torch::nn::Module>& part : module->modules()) {
    if (part->as<torch::nn::BatchNorm1d>() != nullptr || part->as<torch::nn::BatchNorm2d>() != nullptr ||
        part->as<torch::nn::BatchNorm3d>() != nullptr) {
      if (options.statistics) {
        part->eval();
      }
      freeze(part);
    }
  }
}

}  // namespace hearth::models
