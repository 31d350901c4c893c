/// Images into PNG files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// The bytes of a PNG file of the image, grey or RGB. Throws Error when it has no pixels or too many (2^31 bytes).
std::vector<std::byte> encode_png(const ImageView& image);

/// Writes the image as a PNG file, complete or not at all (`replace_file`). Throws Error, naming the file, when it
/// cannot be written.
void write_png(const std::filesystem::path& path, const ImageView& image);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/encode.ipp>
#endif
