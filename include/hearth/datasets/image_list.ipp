#pragma once

#include <hearth/datasets/image_list.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/datasets/image_tree.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

namespace detail {

constexpr std::array<std::string_view, 9> image_extensions{".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                           ".pgm", ".tif",  ".tiff", ".webp"};

/// "a, b, c"
template <class Names>
std::string joined(const Names& names) {
  std::string text;
  for (const auto& name : names) {
    text += text.empty() ? "" : ", ";
    text += core::printable(name);
  }
  return text;
}

}  // namespace detail

HEARTH_INLINE bool has_image_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) {
    return false;
  }
  std::string extension(name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(detail::image_extensions.begin(), detail::image_extensions.end(), extension) !=
         detail::image_extensions.end();
}

namespace detail {

/// Class folders on the disk.
class FolderTree final : public ImageTree {
 public:
  explicit FolderTree(std::filesystem::path root) : root_(std::move(root)) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(root_, error);
    core::require(status.type() != std::filesystem::file_type::not_found, "ImageFolder: the folder {} does not exist",
                  core::printable(root_));
    core::require(status.type() != std::filesystem::file_type::none, "ImageFolder: the folder {} cannot be read: {}",
                  core::printable(root_), error.message());
    core::require(std::filesystem::is_directory(status), "ImageFolder: {} is not a folder", core::printable(root_));
  }

  std::string_view component() const override { return "ImageFolder"; }
  std::string name() const override { return core::printable(root_); }
  std::vector<std::string> folders() const override { return list_folder(root_).folders; }

  std::size_t add(const std::string& folder) override {
    const std::vector<std::string> found = list_files(root_ / folder, has_image_extension);
    for (const std::string& file : found) {
      names_.push_back(folder + '/' + file);
    }
    return found.size();
  }

  std::filesystem::path path(std::size_t index) const override { return root_ / names_[index]; }

  std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const override {
    return read_image_bytes(root_, names_[index], memory);
  }

 private:
  std::filesystem::path root_;
  std::vector<std::string> names_;  // relative to the root
};

}  // namespace detail

HEARTH_INLINE ImageList::ImageList(std::unique_ptr<ImageTree> tree, ImageListOptions options)
    : tree_(std::move(tree)), decoding_(options.decoding), classes_(tree_->folders()) {
  const std::string_view component = tree_->component();
  const std::string name = tree_->name();
  core::require(!classes_.empty(), "{}: couldn't find any class folder in {}", component, name);
  core::require(options.num_classes <= classes_.size(), "{}: num_classes is {}, but {} has {} class folders", component,
                options.num_classes, name, classes_.size());
  if (options.num_classes > 0) {
    classes_.resize(options.num_classes);
  }
  std::vector<std::string> empty;
  for (const std::string& folder : classes_) {
    const auto label = static_cast<std::int32_t>(class_to_index_.size());
    class_to_index_.emplace(folder, label);
    const std::size_t found = tree_->add(folder);
    labels_.resize(labels_.size() + found, label);
    if (found == 0) {
      empty.push_back(folder);
    }
  }
  labels_.shrink_to_fit();
  const std::vector<std::string>& names = options.class_names;
  core::require(names.empty() || names.size() == classes_.size(),
                "{}: class_names has {} names, but {} has {} class folders", component, names.size(), name,
                classes_.size());
  if (!names.empty()) {
    classes_ = std::move(options.class_names);
  }
  core::require(empty.empty(), "{}: found no valid file for the classes {} in {}; supported extensions are {}",
                component, detail::joined(empty), name, detail::joined(detail::image_extensions));
}

HEARTH_INLINE ImageList::~ImageList() = default;

HEARTH_INLINE std::int64_t ImageList::label(std::size_t index) const {
  check(index);
  return labels_[index];
}

HEARTH_INLINE std::filesystem::path ImageList::path(std::size_t index) const {
  check(index);
  return tree_->path(index);
}

HEARTH_INLINE std::vector<std::byte> ImageList::encoded(std::size_t index) const {
  std::vector<std::byte> bytes;
  const std::size_t size = encoded(index, bytes).size();
  bytes.resize(size);
  return bytes;
}

HEARTH_INLINE std::span<const std::byte> ImageList::encoded(std::size_t index, std::vector<std::byte>& memory) const {
  check(index);
  return tree_->encoded(index, memory);
}

HEARTH_INLINE Image ImageList::image(std::size_t index) const {
  return decode_sample_image(path(index), decoding_,
                             [&](std::vector<std::byte>& memory) { return encoded(index, memory); });
}

HEARTH_INLINE void ImageList::check(std::size_t index) const {
  core::require(index < size(), "{}: index {} is out of range: there are {} images", tree_->component(), index, size());
}

HEARTH_INLINE std::shared_ptr<const ImageList> list_image_folder(std::filesystem::path root, ImageListOptions options) {
  return std::make_shared<const ImageList>(std::make_unique<detail::FolderTree>(std::move(root)), std::move(options));
}

}  // namespace hearth::datasets
