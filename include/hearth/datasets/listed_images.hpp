/// The dataset of a list of images in classes: what ImageFolder, ImageArchive and ImageNet are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/image/image.hpp>

namespace hearth::datasets {

/// Each image is decoded to RGB when it is read, and given to the transform. Copies share the list.
template <class Transform>
class ListedImages {
 public:
  std::size_t size() const noexcept { return images_->size(); }

  /// Writes image `index`, transformed; its label. Throws Error naming the file, or archive and entry, when it cannot
  /// be read, decoded or transformed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return images_->read(index, transform_, random, sink);
  }

  /// The class of image `index`, without reading it.
  std::int64_t label(std::size_t index) const { return images_->label(index); }

  /// The file of image `index`; in an archive, the archive's path and, below it, the entry's:
  /// "data/train.tar/n01440764/n01440764_18.JPEG".
  std::filesystem::path path(std::size_t index) const { return images_->path(index); }

  /// Image `index`, decoded whole, before the transform. Throws Error as `read`.
  Image image(std::size_t index) const { return images_->image(index); }

  /// The bytes of its file. Throws Error naming it when they cannot be read.
  std::vector<std::byte> encoded(std::size_t index) const { return images_->encoded(index); }

  /// The names of the classes in the order of their labels.
  const std::vector<std::string>& classes() const noexcept { return images_->classes(); }
  std::size_t num_classes() const noexcept { return images_->classes().size(); }

  /// The labels by the names of the folders.
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return images_->class_to_index(); }

  /// How images are decoded.
  const DecodeOptions& decoding() const noexcept { return images_->decoding(); }

  const Transform& transform() const noexcept { return transform_; }

 protected:
  ListedImages(std::shared_ptr<const ImageList> images, Transform transform)
      : transform_(std::move(transform)), images_(std::move(images)) {}

 private:
  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const ImageList> images_;
};

}  // namespace hearth::datasets
