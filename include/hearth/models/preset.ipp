#pragma once

#include <hearth/models/preset.hpp>

namespace hearth::models {

HEARTH_INLINE EvaluationPreset preset(const WeightsPreset& values) {
  return EvaluationPreset{Resize{values.resize_size, {.interpolation = values.interpolation}},
                          CenterCrop{values.crop_size}, ToTensor{}, Normalize{values.mean, values.std}};
}

HEARTH_INLINE EvaluationPreset preset(const WeightsEntry& entry) {
  return preset(entry.preset);
}

}  // namespace hearth::models
