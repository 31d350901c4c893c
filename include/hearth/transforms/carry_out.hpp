/// How one stage is carried out, whichever its kind.
#pragma once

#include <cstdint>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/image_writer.hpp>
#include <hearth/transforms/plan.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::transforms {

/// Applies a stage of images: it adds to the plan, or the plan is carried out for it to change the pixels.
template <class Stage>
void carry_out(const Stage& stage, Plan& plan, RandomStream& random) {
  if constexpr (GeometricStage<Stage>) {
    stage.plan(plan, random);
  } else {
    plan.edit([&](Image& image) { stage.apply(image, random); });
  }
}

/// Applies a stage of floats that works in place, a map or one of whole samples. Throws Error when a map meets a sample
/// that is no image.
template <class Stage>
void carry_out(const Stage& stage, const SamplePlace& sample, RandomStream& random) {
  if constexpr (MapStage<Stage>) {
    check_is_image(sample.shape);
    const std::int64_t channels = sample.shape[0];
    const std::int64_t pixels = sample.shape[1] * sample.shape[2];
    stage.check(static_cast<int>(channels));
    const bool last = sample.layout == Layout::channels_last;
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      float* value = sample.data + (last ? channel : channel * pixels);
      for (std::int64_t i = 0; i < pixels; ++i, value += last ? channels : 1) {
        *value = stage.map(*value, static_cast<int>(channel));
      }
    }
  } else {
    stage.apply(sample, random);
  }
}

}  // namespace hearth::transforms
