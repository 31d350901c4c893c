/// What is thrown at an image file that cannot be decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_format.hpp>

namespace hearth::image {

/// `bytes` is how many the file has.
[[noreturn]] inline void fail_truncated(std::size_t bytes, std::string_view name) {
  core::fail("decode_image: {} is truncated: the image needs more than its {} bytes", name, bytes);
}

[[noreturn]] inline void fail_damaged(std::string_view name, std::string_view reason) {
  core::fail("decode_image: {} is damaged or of an unsupported kind: {}", name, reason);
}

/// Throws Error unless the bytes can hold an image of this size and it has no more than `max_pixels`.
inline void check_size(Size size, ImageFormat format, std::size_t bytes, std::string_view name,
                       std::int64_t max_pixels) {
  const std::int64_t pixels = std::int64_t{size.height} * size.width;
  core::require(pixels <= max_pixels, "decode_image: {} has {} x {} pixels, but max_pixels allows at most {}", name,
                size.width, size.height, max_pixels);
  core::require(pixels / most_pixels_a_byte(format) <= static_cast<std::int64_t>(bytes),
                "decode_image: {} is truncated: its {} bytes cannot hold {} x {} pixels", name, bytes, size.width,
                size.height);
}

}  // namespace hearth::image
