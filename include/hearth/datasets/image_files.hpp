/// Images by their files, without classes: what a trained model is asked about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

/// The files themselves, and of each folder the images in it, at any depth, in the order of their names. Throws Error
/// naming what does not exist, cannot be read, or is a folder without images.
std::vector<std::filesystem::path> find_images(const std::vector<std::filesystem::path>& files_and_folders);

/// The dataset of these images, in their order, each decoded to RGB when it is read. Nobody knows their classes: the
/// label of each is -1, which a model can be asked about (`predict`) and not be trained with. Copies share the list.
template <class Transform = ToTensor>
class ImageFiles {
  static_assert(TransformLike<Transform>,
                "ImageFiles: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  explicit ImageFiles(std::vector<std::filesystem::path> files, Transform transform = {}, DecodeOptions decoding = {})
      : transform_(std::move(transform)),
        files_(std::make_shared<const std::vector<std::filesystem::path>>(std::move(files))),
        decoding_(decoding) {}

  std::size_t size() const noexcept { return files_->size(); }

  /// Writes image `index`, transformed; -1. Throws Error naming the file when it cannot be read, decoded or
  /// transformed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    datasets::write_sample_image([&] { return path(index); }, decoding_,
                                 [&](std::vector<std::byte>& memory) { return read_bytes(index, memory); }, transform_,
                                 random, sink);
    return -1;
  }

  /// The file of image `index`.
  const std::filesystem::path& path(std::size_t index) const { return files_->at(index); }

  /// The class of each: -1.
  std::int64_t label(std::size_t) const noexcept { return -1; }

  /// Image `index`, decoded whole, before the transform. Throws Error naming the file when it cannot be read or
  /// decoded.
  Image image(std::size_t index) const {
    return datasets::decode_sample_image(path(index), decoding_,
                                         [&](std::vector<std::byte>& memory) { return read_bytes(index, memory); });
  }

  /// The bytes of its file. Throws Error naming it when it cannot be read.
  std::vector<std::byte> encoded(std::size_t index) const { return core::read_file(path(index)); }

  /// How images are decoded.
  const DecodeOptions& decoding() const noexcept { return decoding_; }

  const Transform& transform() const noexcept { return transform_; }

 private:
  std::span<const std::byte> read_bytes(std::size_t index, std::vector<std::byte>& memory) const {
    return core::read_file(path(index).c_str(), memory);
  }
  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const std::vector<std::filesystem::path>> files_;
  DecodeOptions decoding_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_files.ipp>
#endif
