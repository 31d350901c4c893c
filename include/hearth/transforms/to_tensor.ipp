#pragma once

#include <hearth/transforms/to_tensor.hpp>

#include <hearth/transforms/image_writer.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

HEARTH_INLINE void ToTensor::write(const ImageView& image, RandomStream&, SampleSink& sink) const {
  const auto value_of = [](std::uint8_t byte, int) { return ToTensor().value(byte); };
  static const transforms::ImageWriter writer(3, value_of);
  transforms::Plan plan(image);
  writer.write(plan, sink, value_of);
}

}  // namespace hearth
