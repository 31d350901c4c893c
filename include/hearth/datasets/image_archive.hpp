/// Images in one folder per class within a tar or zip archive, read in place.
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
#include <hearth/datasets/listed_images.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct ImageArchiveOptions {
  /// The folder within the archive in which the class folders are: "train"; empty: they are at its top.
  std::filesystem::path folder = {};

  /// Take only the first so many classes by name; 0: all.
  std::size_t num_classes = 0;

  /// What the classes are called, in the order of their folders; none: as their folders.
  std::vector<std::string> class_names = {};

  /// An image of more pixels is an Error when it is read: see DecodeOptions.
  std::int64_t max_pixels = DecodeOptions{}.max_pixels;

  /// Off: a JPEG that becomes smaller may be reduced while it is decoded, which is faster: see DecodeOptions.
  bool exact = true;

  /// Where the index of the archive's entries is kept; left out: XDG_CACHE_HOME/hearth/archives, or
  /// ~/.cache/hearth/archives; empty: nowhere, and it is made each time.
  std::optional<std::filesystem::path> index_folder = std::nullopt;
};

}  // namespace hearth

namespace hearth::datasets {

std::shared_ptr<const ImageList> list_image_archive(const std::filesystem::path& archive, ImageArchiveOptions options);

}  // namespace hearth::datasets

namespace hearth {

/// The dataset of the images in a tar or zip archive: the same classes, labels and samples, in the same order, as
/// ImageFolder has for the folder that the archive unpacks to, and nothing is unpacked. A tar archive within the tar
/// archive, "n01440764.tar", is a folder, "n01440764". Entries of a zip file are stored or deflated.
///
/// An index of the entries is made once and kept in a cache folder; with it, an archive of a million images is open in
/// less than a second. Workers read at once and without locks; copies share the archive.
template <class Transform = ToTensor>
class ImageArchive : public datasets::ListedImages<Transform> {
  static_assert(
      TransformLike<Transform>,
      "ImageArchive: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
      "hearth/transforms/transform.hpp");

 public:
  /// Throws Error naming the archive when it is neither tar nor zip, is compressed as a whole (tar.gz), is damaged or
  /// cut short, has a file twice or an entry that points outside; naming an image that is a link, encrypted or packed
  /// in a way that is not known; and as ImageFolder does, when there are no class folders or fewer than
  /// `options.num_classes`, or when classes have no images. Reading an image throws Error also when the archive has
  /// been changed since it was opened.
  explicit ImageArchive(std::filesystem::path archive, Transform transform = {}, ImageArchiveOptions options = {})
      : datasets::ListedImages<Transform>(datasets::list_image_archive(archive, std::move(options)),
                                          std::move(transform)),
        archive_(std::move(archive)) {}

  /// The archive.
  const std::filesystem::path& root() const noexcept { return archive_; }

 private:
  std::filesystem::path archive_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_archive.ipp>
#endif
