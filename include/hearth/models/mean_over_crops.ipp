#pragma once

#include <hearth/models/mean_over_crops.hpp>

#include <ATen/ops/flatten.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/unflatten.h>
#include <c10/util/StringUtil.h>

#include <hearth/core/error.hpp>

namespace hearth::models {

HEARTH_INLINE at::Tensor MeanOverCropsModule::forward(const at::Tensor& crops) {
  core::require(
      crops.dim() == 5,
      "MeanOverCrops: expects crops [N, crops, channels, height, width], as FiveCrop and TenCrop make, but got "
      "a batch {}",
      c10::str(crops.sizes()));
  const at::Tensor outputs = forward_(at::flatten(crops, 0, 1));
  core::require(outputs.dim() >= 1 && outputs.size(0) == crops.size(0) * crops.size(1),
                "MeanOverCrops: the model must give a row for each of {} crops, but gave {}",
                crops.size(0) * crops.size(1), c10::str(outputs.sizes()));
  return at::mean(at::unflatten(outputs, 0, {crops.size(0), crops.size(1)}), 1);
}

}  // namespace hearth::models
