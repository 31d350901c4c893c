/// ImageNet's 2012 challenge (ILSVRC2012), from class folders, from train.tar and val.tar, or as it is downloaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/datasets/listed_images.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct ImageNetOptions {
  /// Take only the first so many classes by wnid; 0: all.
  std::size_t num_classes = 0;

  /// An image of more pixels is an Error when it is read: see DecodeOptions.
  std::int64_t max_pixels = DecodeOptions{}.max_pixels;

  /// Off: a JPEG that becomes smaller may be reduced while it is decoded, which is faster: see DecodeOptions.
  bool exact = true;

  /// Where the indexes of archives and of class folders are kept: see ImageArchiveOptions and ImageFolderOptions.
  std::optional<std::filesystem::path> index_folder = std::nullopt;
};

}  // namespace hearth

namespace hearth::datasets {

/// One split of ImageNet, found.
struct ImageNetImages {
  std::filesystem::path source;  ///< the folder or archive with the images
  std::shared_ptr<const ImageList> images;
  std::vector<std::vector<std::string>> words;  ///< for each class, where the development kit is there
};

ImageNetImages open_imagenet(const std::filesystem::path& root, Split split, const ImageNetOptions& options);

}  // namespace hearth::datasets

namespace hearth {

/// The images of ImageNet's 2012 challenge, or others that are laid out in the same way, in `root`. Split::train has
/// the training images, Split::test the validation images, for those of the test have no public labels. They are taken
/// from the first of these that is there, and nothing is unpacked:
///
/// 1. class folders: train/n01440764/*.JPEG and val/n01440764/*.JPEG;
/// 2. train.tar and val.tar (or .zip) with class folders, at their top or in one folder there;
/// 3. the archives as downloaded: ILSVRC2012_img_train.tar, in which each class is a tar archive, and
///    ILSVRC2012_img_val.tar, whose images get their classes from ILSVRC2012_devkit_t12.tar.gz beside it.
///
/// A folder or archive named val that has the images without class folders is sorted by the development kit too. All
/// give the same samples with the same labels in the same order: class by class in the order of their wnids, within a
/// class by name, which is torchvision's.
template <class Transform = ToTensor>
class ImageNet : public datasets::ListedImages<Transform> {
  static_assert(TransformLike<Transform>,
                "ImageNet: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Throws Error naming what was looked for when nothing of it is in `root`, when the development kit is needed and
  /// missing or does not fit the images, and as ImageFolder and ImageArchive do.
  ImageNet(std::filesystem::path root, Split split, Transform transform = {}, ImageNetOptions options = {})
      : ImageNet(datasets::open_imagenet(root, split, options), root, split, transform) {}

  /// What each class is called, {"kit fox", "Vulpes macrotis"}, as torchvision's `classes`; a class that the
  /// development kit does not have is called by its wnid. Empty where there is no development kit in the
  /// root, or one that cannot be read.
  const std::vector<std::vector<std::string>>& words() const noexcept { return words_; }

  const std::filesystem::path& root() const noexcept { return root_; }
  Split split() const noexcept { return split_; }

  /// The folder or archive that the images are read from.
  const std::filesystem::path& source() const noexcept { return source_; }

 private:
  ImageNet(datasets::ImageNetImages found, std::filesystem::path& root, Split split, Transform& transform)
      : datasets::ListedImages<Transform>(std::move(found.images), std::move(transform)),
        root_(std::move(root)),
        split_(split),
        source_(std::move(found.source)),
        words_(std::move(found.words)) {}

  std::filesystem::path root_;
  Split split_;
  std::filesystem::path source_;
  std::vector<std::vector<std::string>> words_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/imagenet.ipp>
#endif
