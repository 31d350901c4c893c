/// From bytes to floats.
#pragma once

#include <cstdint>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/image_writer.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Makes a picture a sample of shape [channels, height, width] with values 0 … 1, as torchvision's ToTensor does: a
/// grey picture has one channel. It is also a whole transform by itself. Draws nothing.
class ToTensor {
 public:
  float value(std::uint8_t byte) const noexcept { return static_cast<float>(byte) / 255.0F; }

  void write(const ImageView& image, RandomStream&, SampleSink& sink) const {
    static const transforms::ImageWriter writer(3, [](std::uint8_t byte, int) { return ToTensor().value(byte); });
    transforms::Plan plan(image);
    writer.write(plan, sink);
  }
};

}  // namespace hearth
