/// Images in one folder per class, as torchvision's ImageFolder has them.
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
};

/// The dataset of the images below `root`/CLASS, at any depth: class i is the i-th folder by name (bytewise), its
/// images come in torchvision's order, and each is decoded to RGB when it is read. Copies share the list of files.
template <class Transform = ToTensor>
class ImageFolder {
  static_assert(TransformLike<Transform>,
                "ImageFolder: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Lists the files. Throws Error naming the folder when `root` or a folder in it cannot be read, when there are no
  /// class folders or fewer than `options.num_classes`, when classes have no images, or when `options.class_names` are
  /// not as many as the classes.
  explicit ImageFolder(std::filesystem::path root, Transform transform = {}, ImageFolderOptions options = {})
      : root_(std::move(root)),
        transform_(std::move(transform)),
        files_(datasets::list_image_folder(root_, {options.num_classes, std::move(options.class_names),
                                                   DecodeOptions{.max_pixels = options.max_pixels}})) {}

  std::size_t size() const noexcept { return files_->size(); }

  /// Writes image `index`, transformed; its label. Throws Error naming the file when it cannot be read, decoded or
  /// transformed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return files_->read(index, transform_, random, sink);
  }

  /// The class of image `index`, without reading it.
  std::int64_t label(std::size_t index) const { return files_->label(index); }

  /// The file of sample `index`.
  std::filesystem::path path(std::size_t index) const { return files_->path(index); }

  /// The names of the classes in the order of their labels.
  const std::vector<std::string>& classes() const noexcept { return files_->classes(); }
  std::size_t num_classes() const noexcept { return files_->classes().size(); }

  /// The labels by the names of the folders.
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return files_->class_to_index(); }

  const std::filesystem::path& root() const noexcept { return root_; }
  const Transform& transform() const noexcept { return transform_; }

 private:
  std::filesystem::path root_;
  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const datasets::ImageList> files_;
};

}  // namespace hearth
