/// An image file in memory, as its decoder sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/core/function_ref.hpp>
#include <hearth/image/decode_options.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_format.hpp>

namespace hearth::image {

/// The bytes of one file, what it is called in messages, and how it is to be decoded. Its functions throw Error, naming
/// it; `name` is called for that alone.
struct EncodedImage {
  std::span<const std::byte> bytes;
  core::FunctionRef<std::string()> name;
  DecodeOptions options;

  /// Of the pixels that are wanted: 1 or 3.
  int channels() const noexcept { return static_cast<int>(options.channels); }

  [[noreturn]] void fail_truncated() const {
    core::fail("decode_image: {} is truncated: the image needs more than its {} bytes", name(), bytes.size());
  }

  [[noreturn]] void fail_damaged(std::string_view reason) const {
    core::fail("decode_image: {} is damaged or of an unsupported kind: {}", name(), reason);
  }

  /// Calls `fail_damaged` unless `condition` holds.
  void require(bool condition, std::string_view reason) const {
    if (!condition) [[unlikely]] {
      fail_damaged(reason);
    }
  }

  /// Throws Error unless the bytes can hold an image of this size and it has no more than `max_pixels`.
  void check_size(Size size, ImageFormat format) const {
    require(size.height >= 1 && size.width >= 1, "its header gives no size");
    const std::int64_t pixels = std::int64_t{size.height} * size.width;
    if (pixels > options.max_pixels) [[unlikely]] {
      core::fail("decode_image: {} has {} x {} pixels, but max_pixels allows at most {}", name(), size.width,
                 size.height, options.max_pixels);
    }
    if (pixels / most_pixels_a_byte(format) > static_cast<std::int64_t>(bytes.size())) [[unlikely]] {
      core::fail("decode_image: {} is truncated: its {} bytes cannot hold {} x {} pixels", name(), bytes.size(),
                 size.width, size.height);
    }
  }
};

}  // namespace hearth::image
