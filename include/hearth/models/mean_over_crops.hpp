/// A model evaluated on several crops of each image.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <functional>

#include <hearth/core/inline.hpp>

namespace hearth::models {

/// The module behind MeanOverCrops.
class MeanOverCropsModule : public torch::nn::Module {
 public:
  template <class Model>
  explicit MeanOverCropsModule(Model model)
      : torch::nn::Module("MeanOverCrops"),
        forward_([model](const at::Tensor& images) mutable -> at::Tensor { return model->forward(images); }) {
    register_module("model", model.ptr());
  }

  /// Logits [N, classes] of crops [N, K, C, H, W]: for each image, the mean of what the model makes of its K crops.
  /// Throws Error on batches of other shapes, and when the model gives anything but a row for each crop.
  at::Tensor forward(const at::Tensor& crops);

 private:
  std::function<at::Tensor(const at::Tensor&)> forward_;
};

/// A model on top of a loader whose transform has FiveCrop or TenCrop: all crops of a batch go through the model as one
/// batch, and the logits of an image's crops are averaged, as PyTorch's users do with view(-1, C, H, W) and
/// view(N, K, -1).mean(1). The parameters are the model's own.
///
///     models::MeanOverCrops averaged(model);
///     const auto [accuracy] = Evaluator{Accuracy{}}.run(averaged, ten_crops);
TORCH_MODULE_IMPL(MeanOverCrops, MeanOverCropsModule);

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/mean_over_crops.ipp>
#endif
