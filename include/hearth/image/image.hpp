/// Images as eight-bit pixels, rows from the top, the channels of a pixel side by side (HWC): the owner and the view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::image {

/// `height` and `width` in pixels.
struct Size {
  int height = 0;
  int width = 0;
  friend constexpr bool operator==(const Size&, const Size&) = default;
};

/// A rectangle in pixels: its upper left corner (`top`, `left`) and its size (`height`, `width`). It may reach outside
/// the image it refers to.
struct Rect {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
  friend constexpr bool operator==(const Rect&, const Rect&) = default;
};

}  // namespace hearth::image

namespace hearth {

/// Somebody else's pixels, `height` rows of `width` from `data` on. What this library decodes has 1 channel (grey) or 3
/// (RGB), another's image may have any number of `channels`; `stride` is the distance of two rows in bytes.
struct ImageView {
  const std::uint8_t* data = nullptr;
  int height = 0;
  int width = 0;
  int channels = 3;
  std::ptrdiff_t stride = 0;

  /// Its size, and the first byte of row `y`.
  constexpr image::Size size() const noexcept { return {height, width}; }
  constexpr const std::uint8_t* row(int y) const noexcept { return data + y * stride; }

  /// The part inside `rect`, which lies within the image.
  constexpr ImageView crop(const image::Rect& rect) const noexcept {
    return {row(rect.top) + std::ptrdiff_t{rect.left} * channels, rect.height, rect.width, channels, stride};
  }
};

/// Pixels of its own, densely packed.
class Image {
 public:
  Image() = default;
  /// A black image.
  Image(int height, int width, int channels)
      : height_(height),
        width_(width),
        channels_(channels),
        pixels_(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                static_cast<std::size_t>(channels)) {}
  /// An image of these pixels, densely packed. Throws Error unless there are height * width * channels of them.
  Image(int height, int width, int channels, std::vector<std::uint8_t> pixels);

  /// Becomes an image of this size, whose pixels hold anything. Keeps its memory.
  void reset(int height, int width, int channels) {
    height_ = height;
    width_ = width;
    channels_ = channels;
    pixels_.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                   static_cast<std::size_t>(channels));
  }

  /// The size in pixels, the channels of a pixel, and the distance of two rows in bytes.
  int height() const noexcept { return height_; }
  int width() const noexcept { return width_; }
  int channels() const noexcept { return channels_; }
  image::Size size() const noexcept { return {height_, width_}; }
  std::ptrdiff_t stride() const noexcept { return std::ptrdiff_t{width_} * channels_; }

  /// The bytes: from row `y` on, or all of them.
  std::uint8_t* row(int y) noexcept { return pixels_.data() + y * stride(); }
  const std::uint8_t* row(int y) const noexcept { return pixels_.data() + y * stride(); }
  std::vector<std::uint8_t>& pixels() noexcept { return pixels_; }
  const std::vector<std::uint8_t>& pixels() const noexcept { return pixels_; }

  /// These pixels, seen; valid while the image lives and keeps its size.
  ImageView view() const noexcept { return {pixels_.data(), height_, width_, channels_, stride()}; }

  friend bool operator==(const Image&, const Image&) = default;

 private:
  int height_ = 0;
  int width_ = 0;
  int channels_ = 0;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/image.ipp>
#endif
