/// Images out of JPEG, PNG and BMP files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// What the channels of a decoded image are to be; the value is their number: one of `grey`, or the three of `rgb`.
enum class Channels : int { grey = 1, rgb = 3 };

/// How an image is decoded, and how large one may be.
struct DecodeOptions {
  Channels channels = Channels::rgb;  ///< what the pixels become, whatever the file has

  /// An image of more pixels is an Error before memory is taken for it, since a file of a few kilobytes may promise
  /// gigabytes. The default is where PIL raises its DecompressionBombError. Decoding takes at most 11 bytes a pixel for
  /// PNG (3 for plain RGB) and 16 for JPEG.
  std::int64_t max_pixels = 178'956'970;
};

/// The image in a JPEG (baseline or progressive), PNG or BMP file's bytes, as RGB or as grey, to what PIL's
/// Image.convert("RGB") and convert("L") make of it: alpha is dropped (not blended), a palette looked up, 16 bits
/// become the upper 8, except that PIL clips 16-bit grey to 255 and so does this. PNG is equal to PIL's to the last
/// bit, and so is BMP but for 16-bit pixels (1 of 255 apart). JPEG is equal to PIL's in a program that links
/// hearth::jpeg, and otherwise decoded by stb_image to within 1 on average. `name` is what error messages call it.
///
/// Throws Error, naming it, when the bytes are none of these formats, are damaged beyond what the decoder mends, end
/// before the image does, or promise an image larger than they can hold or than `max_pixels`. In a PNG the checksums
/// of all chunks and of the pixels must be right, so that a damaged one is never taken for another image.
Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options = {});

/// The image in the file. Throws Error, naming it, when it cannot be read or decoded.
Image read_image(const std::filesystem::path& path, const DecodeOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/decode.ipp>
#endif
