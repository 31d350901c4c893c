/// The images in one folder per class: what ImageFolder knows before it reads any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>

namespace hearth::datasets {

/// Does the name end, in upper or lower case, as one of torchvision's IMG_EXTENSIONS? A file counts as an image by its
/// name; whether it can be read shows when it is read: JPEG, PNG and BMP can, and a file in another of these formats is
/// then an Error that names it.
bool has_image_extension(std::string_view name);

/// The images below `root`/CLASS, at any depth, in torchvision's order.
class ImageList {
 public:
  /// Lists the files of the first `num_classes` classes by the names of their folders, or, where that is 0, of all.
  /// `names`: those of the classes, where they are not the folders'. Throws Error naming the folder when `root` or a
  /// folder in it cannot be read, when there are no class folders or fewer than `num_classes`, when classes have no
  /// images, or when there are names, and not as many as classes.
  ImageList(std::filesystem::path root, std::size_t num_classes, std::vector<std::string> names,
            const DecodeOptions& decoding = {});

  std::size_t size() const noexcept { return names_.size(); }
  const std::filesystem::path& root() const noexcept { return root_; }
  const std::vector<std::string>& classes() const noexcept { return classes_; }
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return class_to_index_; }

  /// These throw Error when there is no image `index`.
  std::int64_t label(std::size_t index) const;
  std::filesystem::path path(std::size_t index) const;

  /// Image `index`, decoded as the options say. Throws Error naming the file when that is not possible, whatever the
  /// reason is.
  Image image(std::size_t index) const;

 private:
  void check(std::size_t index) const;

  std::filesystem::path root_;
  DecodeOptions decoding_;
  std::vector<std::string> classes_;
  std::map<std::string, std::int64_t> class_to_index_;
  std::vector<std::string> names_;  // relative to the root
  std::vector<std::int32_t> labels_;
};

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_list.ipp>
#endif
