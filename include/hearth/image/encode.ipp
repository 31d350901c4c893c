#pragma once

#include <hearth/image/encode.hpp>

#include <cstdint>
#include <limits>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/image/stb_image_write.hpp>

namespace hearth {

HEARTH_INLINE std::vector<std::byte> encode_png(const ImageView& image) {
  core::require(image.height > 0 && image.width > 0, "encode_png: an image of {} x {} pixels cannot be written",
                image.height, image.width);
  core::require(image.channels == 1 || image.channels == 3, "encode_png: an image has 1 or 3 channels, but got {}",
                image.channels);
  const std::int64_t row_bytes = std::int64_t{image.width} * image.channels + 1;
  core::require(row_bytes * image.height <= std::numeric_limits<int>::max() &&
                    image.stride * image.height <= std::numeric_limits<int>::max(),
                "encode_png: an image of {} x {} pixels is too large", image.height, image.width);
  std::vector<std::byte> bytes;
  const auto append = [](void* out, void* data, int size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(out)->assign(begin, begin + size);
  };
  const int written = stb::stbi_write_png_to_func(append, &bytes, image.width, image.height, image.channels, image.data,
                                                  static_cast<int>(image.stride));
  core::require(written != 0, "encode_png: no memory for an image of {} x {} pixels", image.height, image.width);
  return bytes;
}

HEARTH_INLINE void write_png(const std::filesystem::path& path, const ImageView& image) {
  core::write_file(path, encode_png(image));
}

}  // namespace hearth
