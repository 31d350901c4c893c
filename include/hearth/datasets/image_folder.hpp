/// Pictures in one folder per class, as torchvision's ImageFolder has them.
#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct ImageFolderOptions {
  std::size_t num_classes = 0;  ///< take only the first so many classes by name; 0: all
};

}  // namespace hearth

namespace hearth::datasets {

/// torchvision's IMG_EXTENSIONS. A file counts as a picture by its name; whether it can be read shows when it is read:
/// JPEG, PNG and BMP can, and a file in another of these formats is then an Error that names it.
inline constexpr std::array<std::string_view, 9> image_extensions{".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                                  ".pgm", ".tif",  ".tiff", ".webp"};

/// Does the name end in one of `image_extensions`, in upper or lower case?
inline bool has_image_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) {
    return false;
  }
  std::string extension(name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(image_extensions.begin(), image_extensions.end(), extension) != image_extensions.end();
}

}  // namespace hearth::datasets

namespace hearth {

/// The dataset of the pictures below `root`/CLASS, at any depth: class i is the i-th folder by name (bytewise), its
/// pictures come in torchvision's order, and each is decoded to RGB when it is read. Copies share the list of files.
template <class Transform = ToTensor>
class ImageFolder {
  static_assert(TransformLike<Transform>,
                "ImageFolder: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
                "hearth/transforms/transform.hpp");

 public:
  /// Lists the files. Throws Error naming the folder when `root` or a folder in it cannot be read, when there are no
  /// class folders or fewer than `options.num_classes`, or when classes have no pictures.
  explicit ImageFolder(std::filesystem::path root, Transform transform = {}, ImageFolderOptions options = {})
      : transform_(std::move(transform)), files_(std::make_shared<const Files>(list(std::move(root), options))) {}

  std::size_t size() const noexcept { return files_->names.size(); }

  /// Writes picture `index`, transformed; its label. Throws Error naming the file when it cannot be read, decoded or
  /// transformed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    const std::filesystem::path file = path(index);
    const Image image = read_image(file);
    try {
      transform_.write(image.view(), random, sink);
    } catch (const Error& error) {
      core::fail("{}: {}", file.string(), error.what());
    }
    return label(index);
  }

  /// The class of picture `index`, without reading it.
  std::int64_t label(std::size_t index) const {
    check(index);
    return files_->labels[index];
  }

  std::filesystem::path path(std::size_t index) const {
    check(index);
    return files_->root / files_->names[index];
  }

  /// The names of the classes in the order of their labels.
  const std::vector<std::string>& classes() const noexcept { return files_->classes; }
  std::size_t num_classes() const noexcept { return files_->classes.size(); }
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return files_->class_to_index; }

  const std::filesystem::path& root() const noexcept { return files_->root; }
  const Transform& transform() const noexcept { return transform_; }

 private:
  struct Files {
    std::filesystem::path root;
    std::vector<std::string> classes;
    std::map<std::string, std::int64_t> class_to_index;
    std::vector<std::string> names;  // relative to root
    std::vector<std::int32_t> labels;
  };

  static Files list(std::filesystem::path root, ImageFolderOptions options) {
    core::require(std::filesystem::exists(root), "ImageFolder: the folder {} does not exist", root.string());
    core::require(std::filesystem::is_directory(root), "ImageFolder: {} is not a folder", root.string());
    Files files;
    files.classes = datasets::list_folder(root).folders;
    core::require(!files.classes.empty(), "ImageFolder: couldn't find any class folder in {}", root.string());
    core::require(options.num_classes <= files.classes.size(),
                  "ImageFolder: num_classes is {}, but {} has {} class folders", options.num_classes, root.string(),
                  files.classes.size());
    if (options.num_classes > 0) {
      files.classes.resize(options.num_classes);
    }
    std::vector<std::string> empty;
    for (const std::string& name : files.classes) {
      const auto label = static_cast<std::int32_t>(files.class_to_index.size());
      files.class_to_index.emplace(name, label);
      const std::vector<std::string> found = datasets::list_files(root / name, datasets::has_image_extension);
      for (const std::string& file : found) {
        files.names.push_back(name + '/' + file);
      }
      files.labels.resize(files.names.size(), label);
      if (found.empty()) {
        empty.push_back(name);
      }
    }
    core::require(empty.empty(),
                  "ImageFolder: found no valid file for the classes {} in {}; supported extensions are {}",
                  fmt::join(empty, ", "), root.string(), fmt::join(datasets::image_extensions, ", "));
    files.root = std::move(root);
    return files;
  }

  void check(std::size_t index) const {
    core::require(index < size(), "ImageFolder: index {} is out of range: there are {} pictures", index, size());
  }

  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const Files> files_;
};

}  // namespace hearth
