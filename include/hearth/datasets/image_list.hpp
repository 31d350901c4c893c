/// The images in one folder per class: what ImageFolder and ImageArchive know before they read any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/image_extension.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>

namespace hearth::datasets {

class ImageTree;

/// Which classes are taken, and what they are called.
struct ImageListOptions {
  std::size_t num_classes = 0;           ///< the first so many by the names of their folders; 0: all
  std::vector<std::string> class_names;  ///< none: as their folders
  DecodeOptions decoding = {};
  std::optional<std::filesystem::path> index_folder =
      std::nullopt;  ///< for folders on the disk: see ImageFolderOptions
};

/// The images below the class folders of a tree, at any depth, in torchvision's order.
class ImageList {
 public:
  /// Lists the images. Throws Error naming the tree when it cannot be read, when there are no class folders or fewer
  /// than `num_classes`, when classes have no images, or when there are class names, and not as many as classes.
  ImageList(std::unique_ptr<ImageTree> tree, ImageListOptions options);
  ~ImageList();

  std::size_t size() const noexcept { return labels_.size(); }
  const std::vector<std::string>& classes() const noexcept { return classes_; }
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return class_to_index_; }
  const DecodeOptions& decoding() const noexcept { return decoding_; }

  /// These throw Error when there is no image `index`.
  std::int64_t label(std::size_t index) const;
  std::filesystem::path path(std::size_t index) const;

  /// The bytes of image `index`, as they are in its file: their own, or the first of `memory`, which is kept and grows
  /// where it is too small. Throws Error naming it when they cannot be read.
  std::vector<std::byte> encoded(std::size_t index) const;
  std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const;

  /// Image `index`, decoded as the options say. Throws Error naming it when that is not possible, whatever the reason
  /// is.
  Image image(std::size_t index) const;

  /// Writes image `index`, transformed; its label. Throws Error naming it when it cannot be read, decoded or
  /// transformed.
  template <class Transform>
  std::int64_t read(std::size_t index, const Transform& transform, RandomStream& random, SampleSink& sink) const {
    check(index);
    write_sample_image([&] { return path(index); }, decoding_,
                       [&](std::vector<std::byte>& memory) { return encoded(index, memory); }, transform, random, sink);
    return labels_[index];
  }

 private:
  void check(std::size_t index) const;

  std::unique_ptr<ImageTree> tree_;
  DecodeOptions decoding_;
  std::vector<std::string> classes_;
  std::map<std::string, std::int64_t> class_to_index_;
  std::vector<std::int32_t> labels_;
};

/// The images in the folders below `root`. Throws Error as ImageList, naming the folder.
std::shared_ptr<const ImageList> list_image_folder(std::filesystem::path root, ImageListOptions options);

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_list.ipp>
#endif
