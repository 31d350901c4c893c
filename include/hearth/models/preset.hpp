/// The pictures that trained weights want: torchvision's `weights.transforms()`.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/models/torchvision_weights.hpp>
#include <hearth/models/weights_entry.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace hearth::models {

/// The stages of torchvision's ImageClassification.
using EvaluationPreset = Compose<Resize, CenterCrop, ToTensor, Normalize>;

/// How the entry's accuracy was measured, as a transform: resized to the preset's shorter side, cut from the middle,
/// and normalised; the values are torchvision's on PIL images.
///
///     ImageFolder images{"imagenet/val", models::preset(models::ResNet50_Weights::IMAGENET1K_V2)};
EvaluationPreset preset(const WeightsEntry& entry);

/// The same of a preset of one's own. Throws Error as the stages do.
EvaluationPreset preset(const WeightsPreset& values);

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/preset.ipp>
#endif
