/// Images out of JPEG, PNG, BMP, PGM, PPM, WebP and TIFF files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/image/decode_options.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// The image in the bytes of a JPEG (baseline or progressive), PNG, BMP, PGM or PPM file, and in a program that links
/// hearth::webp or hearth::tiff of a WebP or TIFF file, as RGB or as grey, to what PIL's Image.convert("RGB") and
/// convert("L") make of it: alpha is dropped (not blended), a palette looked up, 16 bits become the upper 8, except
/// that PIL clips 16-bit grey to 255 and so does this. Of an animation or of several pages it is the first. All are
/// equal to PIL's to the last bit, but for 16-bit pixels of BMP (1 of 255 apart), and for JPEG in a program that does
/// not link hearth::jpeg: stb_image decodes it to within 1 on average. `name` is what error messages call it.
///
/// Throws Error, naming it, when the bytes are none of these formats, are damaged beyond what the decoder mends, end
/// before the image does, or promise an image larger than they can hold or than `max_pixels`. In a PNG the checksums
/// of all chunks and of the pixels must be right, so that a damaged one is never taken for another image. A transform
/// that needs a part of a JPEG decodes no rows after it, and so does not see damage there; whether the file ends with
/// its end marker is looked at nevertheless. Of other formats the whole file is checked.
Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options = {});

/// The image in the file. Throws Error, naming it, when it cannot be read or decoded.
Image read_image(const std::filesystem::path& path, const DecodeOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/decode.ipp>
#endif
