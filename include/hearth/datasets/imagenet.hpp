/// ImageNet's 2012 challenge (ILSVRC2012), from class folders, from train.tar and val.tar, or as it is downloaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct ImageNetOptions {
  /// Take only the first so many classes by wnid; 0: all.
  std::size_t num_classes = 0;

  /// An image of more pixels is an Error when it is read: see DecodeOptions.
  std::int64_t max_pixels = DecodeOptions{}.max_pixels;

  /// Where the indexes of archives are kept: see ImageArchiveOptions.
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
class ImageNet {
  static_assert(TransformLike<Transform>,
                "ImageNet: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Throws Error naming what was looked for when nothing of it is in `root`, when the development kit is needed and
  /// missing or does not fit the images, and as ImageFolder and ImageArchive do.
  ImageNet(std::filesystem::path root, Split split, Transform transform = {}, ImageNetOptions options = {})
      : root_(std::move(root)),
        split_(split),
        transform_(std::move(transform)),
        found_(datasets::open_imagenet(root_, split, options)) {}

  std::size_t size() const noexcept { return found_.images->size(); }

  /// Writes image `index`, transformed; its label. Throws Error naming the file, or archive and entry, when it cannot
  /// be read, decoded or transformed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return found_.images->read(index, transform_, random, sink);
  }

  /// The class of image `index`, without reading it.
  std::int64_t label(std::size_t index) const { return found_.images->label(index); }

  /// The image's file, or the archive's path and below it the entry's.
  std::filesystem::path path(std::size_t index) const { return found_.images->path(index); }

  /// The wnids of the classes, in the order of their labels: the same wherever the images come from.
  const std::vector<std::string>& classes() const noexcept { return found_.images->classes(); }
  std::size_t num_classes() const noexcept { return found_.images->classes().size(); }
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return found_.images->class_to_index(); }

  /// What each class is called, {"kit fox", "Vulpes macrotis"}, as torchvision's `classes`; a class that the
  /// development kit does not have is called by its wnid. Empty where there is no development kit in the
  /// root, or one that cannot be read.
  const std::vector<std::vector<std::string>>& words() const noexcept { return found_.words; }

  const std::filesystem::path& root() const noexcept { return root_; }
  Split split() const noexcept { return split_; }

  /// The folder or archive that the images are read from.
  const std::filesystem::path& source() const noexcept { return found_.source; }
  const Transform& transform() const noexcept { return transform_; }

 private:
  std::filesystem::path root_;
  Split split_;
  [[no_unique_address]] Transform transform_;
  datasets::ImageNetImages found_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/imagenet.ipp>
#endif
