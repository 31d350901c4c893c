#pragma once

#include <hearth/image/decode.hpp>

#include <string>

#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/image_reader.hpp>

namespace hearth {

HEARTH_INLINE Image decode_image(std::span<const std::byte> bytes, std::string_view name,
                                 const DecodeOptions& options) {
  image::ImageReader reader;
  const auto name_of = [name] { return std::string(name); };
  reader.open(bytes, name_of, options);
  return reader.image();
}

HEARTH_INLINE Image read_image(const std::filesystem::path& path, const DecodeOptions& options) {
  return decode_image(core::read_file(path), core::printable(path), options);
}

}  // namespace hearth
