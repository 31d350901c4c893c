/// From bytes to floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_stack.hpp>

namespace hearth {

/// Makes an image a sample of shape [channels, height, width] with values 0 … 1, as torchvision's ToTensor does,
/// whatever the number of channels is: a grey image has one. It is also a whole transform by itself. Draws nothing.
class ToTensor {
 public:
  float value(std::uint8_t byte) const noexcept { return static_cast<float>(byte) / 255.0F; }

  void write(const ImageView& image, RandomStream& random, SampleSink& sink) const;

  /// The same of many images in memory: see StackTransform.
  void write_stack(const ImageStack& images, std::span<const std::size_t> indices, SampleSink& sink) const;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/to_tensor.ipp>
#endif
