/// An image of a dataset, read from its file: what goes wrong names the file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>

namespace hearth::datasets {

/// The image, decoded as the options say. Throws Error naming the file when that is not possible, whatever the reason
/// is.
Image read_sample_image(const std::filesystem::path& file, const DecodeOptions& decoding);

/// The image in the file's bytes, which `file` names, for those that come from elsewhere than the disk. Throws Error
/// naming it, as `read_sample_image`.
Image decode_sample_image(std::span<const std::byte> bytes, const std::filesystem::path& file,
                          const DecodeOptions& decoding);

/// To be called while an exception of a transform's is handled: throws it again as an Error that begins with the
/// file's name. What says that memory is short stays as it is.
[[noreturn]] void fail_transform(const std::filesystem::path& file);

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_file.ipp>
#endif
