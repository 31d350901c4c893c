#pragma once

#include <hearth/datasets/image_list.hpp>

#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/folder_tree.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/datasets/image_tree.hpp>

namespace hearth::datasets {

namespace detail {

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
  labels_.reserve(tree_->likely_images());
  for (const std::string& folder : classes_) {
    const auto label = static_cast<std::int32_t>(class_to_index_.size());
    class_to_index_.emplace(folder, label);
    const std::size_t found = tree_->add(folder);
    labels_.resize(labels_.size() + found, label);
    if (found == 0) {
      empty.push_back(folder);
    }
  }
  tree_->finish();
  labels_.shrink_to_fit();
  const std::vector<std::string>& names = options.class_names;
  core::require(names.empty() || names.size() == classes_.size(),
                "{}: class_names has {} names, but {} has {} class folders", component, names.size(), name,
                classes_.size());
  if (!names.empty()) {
    classes_ = std::move(options.class_names);
  }
  core::require(empty.empty(), "{}: found no valid file for the classes {} in {}; supported extensions are {}",
                component, detail::joined(empty), name, image_extensions());
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
  return std::make_shared<const ImageList>(std::make_unique<FolderTree>(std::move(root), options.index_folder),
                                           std::move(options));
}

}  // namespace hearth::datasets
