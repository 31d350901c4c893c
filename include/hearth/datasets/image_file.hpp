/// An image of a dataset, read from its file: what goes wrong names the file.
#pragma once

#include <cstddef>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_reader.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::datasets {

/// Says where an image is, for messages.
using PathOf = core::FunctionRef<std::filesystem::path()>;

/// Reads the bytes of an image's file into memory that is kept, and gives them. Throws Error naming it.
using BytesOf = core::FunctionRef<std::span<const std::byte>(std::vector<std::byte>& memory)>;

/// The bytes of the file `root`/`name`, read into memory that is kept. Throws Error naming the file.
std::span<const std::byte> read_image_bytes(const std::filesystem::path& root, const std::string& name,
                                            std::vector<std::byte>& memory);

/// The image in these bytes, decoded as the options say. Throws Error naming the file when that is not possible,
/// whatever the reason is.
Image decode_sample_image(const std::filesystem::path& file, const DecodeOptions& decoding, BytesOf bytes);

/// What a thread keeps from one encoded image to the next.
struct SampleReader {
  std::vector<std::byte> memory;
  image::ImageReader image;
};

/// Opens the image in these bytes. Throws Error naming the file, as `decode_sample_image`.
void open_sample_image(SampleReader& reader, image::NameOf name, const DecodeOptions& decoding, BytesOf bytes);

/// The name of the file, for messages.
std::string name_of_sample(PathOf path);

/// To be called while an exception of a transform's is handled: throws it again as an Error that names the file. What
/// says that memory is short stays as it is.
[[noreturn]] void fail_transform(PathOf path);

/// Writes the image in these bytes, decoded as the options say and transformed; no more of it is decoded than the
/// transform needs, where it can say so. Throws Error naming the file when it cannot be read, decoded or transformed.
template <class Transform>
void write_sample_image(PathOf path, const DecodeOptions& decoding, BytesOf bytes, const Transform& transform,
                        RandomStream& random, SampleSink& sink) {
  const core::ThreadSpare<SampleReader> reader;
  const auto name = [&] { return name_of_sample(path); };
  open_sample_image(*reader, name, decoding, bytes);
  try {
    if constexpr (LazyTransform<Transform>) {
      transform.write(static_cast<image::ImageSource&>(reader->image), random, sink);
    } else {
      transform.write(reader->image.pixels(), random, sink);
    }
  } catch (const std::exception&) {
    fail_transform(path);
  }
}

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_file.ipp>
#endif
