#pragma once

#include <hearth/losses/check_targets.hpp>

#include <hearth/core/error.hpp>

namespace hearth::losses {

HEARTH_INLINE void check_targets(const at::Tensor& targets, std::int64_t num_classes,
                                 std::optional<std::int64_t> ignore_index) {
  core::require(targets.dim() == 1 && targets.scalar_type() == at::kLong,
                "targets: expected a list of labels (one dimension, int64), but got {} dimensions of the type {}",
                targets.dim(), c10::toString(targets.scalar_type()));
  const at::Tensor labels = targets.to(at::kCPU).contiguous();
  const std::int64_t* const label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    core::require(
        (label[i] >= 0 && label[i] < num_classes) || label[i] == ignore_index,
        "targets: label {} (sample {} of its batch) is out of range, for the model has {} outputs: labels go from "
        "0 to {}. Does the dataset have more classes than the model's head? Samples without a label may have the "
        "ignore_index of the loss and of the metrics",
        label[i], i, num_classes, num_classes - 1);
  }
}

}  // namespace hearth::losses
