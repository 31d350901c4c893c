/// Many images of one size, one behind the other in memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include <hearth/image/image.hpp>

namespace hearth {

/// Somebody else's pixels of images of one `height`, `width` and number of `channels`, densely packed: image i begins
/// `i * image_bytes()` behind `data`.
struct ImageStack {
  const std::uint8_t* data = nullptr;
  int height = 0;
  int width = 0;
  int channels = 1;

  std::size_t image_bytes() const noexcept {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }

  /// One of them.
  ImageView image(std::size_t index) const noexcept {
    return {data + index * image_bytes(), height, width, channels, std::ptrdiff_t{width} * channels};
  }
};

}  // namespace hearth
