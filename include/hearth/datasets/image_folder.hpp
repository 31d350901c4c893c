/// Images in one folder per class, as torchvision's ImageFolder has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/listed_images.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct ImageFolderOptions {
  /// Take only the first so many classes by name; 0: all.
  std::size_t num_classes = 0;

  /// What the classes are called, in the order of their folders; none: as their folders.
  std::vector<std::string> class_names = {};

  /// An image of more pixels is an Error when it is read: see DecodeOptions.
  std::int64_t max_pixels = DecodeOptions{}.max_pixels;

  /// Off: a JPEG that becomes smaller may be reduced while it is decoded, which is faster: see DecodeOptions.
  bool exact = true;

  /// Where the names of the tree's files are kept, so that a tree of a million files is listed once; left out:
  /// XDG_CACHE_HOME/hearth/folders or ~/.cache/hearth/folders, for trees of 10,000 images or more; empty: nowhere. The
  /// names of a folder are taken from there while it has the device, the inode and the times of modification and change
  /// that it had when it was listed, and had not been changed in the 3 seconds before that (a minute on servers); every
  /// other folder is listed, and so are folders with links to files and those of other file systems than ext4, XFS,
  /// btrfs, F2FS, bcachefs, ZFS, tmpfs, overlayfs, NFS, Lustre and GPFS. So nothing that was added, removed, renamed or
  /// moved is missed.
  std::optional<std::filesystem::path> index_folder = std::nullopt;
};

/// The dataset of the images below `root`/CLASS, at any depth: class i is the i-th folder by name (bytewise), its
/// images come in torchvision's order, and each is decoded to RGB when it is read. Copies share the list of files.
template <class Transform = ToTensor>
class ImageFolder : public datasets::ListedImages<Transform> {
  static_assert(TransformLike<Transform>,
                "ImageFolder: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Lists the files. Throws Error naming the folder when `root` or a folder in it cannot be read, when there are no
  /// class folders or fewer than `options.num_classes`, when classes have no images, or when `options.class_names` are
  /// not as many as the classes.
  explicit ImageFolder(std::filesystem::path root, Transform transform = {}, ImageFolderOptions options = {})
      : datasets::ListedImages<Transform>(
            datasets::list_image_folder(root, {options.num_classes, std::move(options.class_names),
                                               DecodeOptions{.max_pixels = options.max_pixels, .exact = options.exact},
                                               std::move(options.index_folder)}),
            std::move(transform)),
        root_(std::move(root)) {}

  /// The folder that has the class folders.
  const std::filesystem::path& root() const noexcept { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace hearth
