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

HEARTH_INLINE ImageList::ImageList(std::filesystem::path root, std::size_t num_classes, std::vector<std::string> names,
                                   const DecodeOptions& decoding)
    : root_(std::move(root)), decoding_(decoding) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(root_, error);
  core::require(status.type() != std::filesystem::file_type::not_found, "ImageFolder: the folder {} does not exist",
                core::printable(root_));
  core::require(status.type() != std::filesystem::file_type::none, "ImageFolder: the folder {} cannot be read: {}",
                core::printable(root_), error.message());
  core::require(std::filesystem::is_directory(status), "ImageFolder: {} is not a folder", core::printable(root_));
  classes_ = list_folder(root_).folders;
  core::require(!classes_.empty(), "ImageFolder: couldn't find any class folder in {}", core::printable(root_));
  core::require(num_classes <= classes_.size(), "ImageFolder: num_classes is {}, but {} has {} class folders",
                num_classes, core::printable(root_), classes_.size());
  if (num_classes > 0) {
    classes_.resize(num_classes);
  }
  std::vector<std::string> empty;
  for (const std::string& name : classes_) {
    const auto label = static_cast<std::int32_t>(class_to_index_.size());
    class_to_index_.emplace(name, label);
    const std::vector<std::string> found = list_files(root_ / name, has_image_extension);
    for (const std::string& file : found) {
      names_.push_back(name + '/' + file);
    }
    labels_.resize(names_.size(), label);
    if (found.empty()) {
      empty.push_back(name);
    }
  }
  core::require(names.empty() || names.size() == classes_.size(),
                "ImageFolder: class_names has {} names, but {} has {} class folders", names.size(),
                core::printable(root_), classes_.size());
  if (!names.empty()) {
    classes_ = std::move(names);
  }
  core::require(empty.empty(), "ImageFolder: found no valid file for the classes {} in {}; supported extensions are {}",
                detail::joined(empty), core::printable(root_), detail::joined(detail::image_extensions));
}

HEARTH_INLINE std::int64_t ImageList::label(std::size_t index) const {
  check(index);
  return labels_[index];
}

HEARTH_INLINE std::filesystem::path ImageList::path(std::size_t index) const {
  check(index);
  return root_ / names_[index];
}

HEARTH_INLINE Image ImageList::image(std::size_t index) const {
  return read_sample_image(path(index), decoding_);
}

HEARTH_INLINE void ImageList::check(std::size_t index) const {
  core::require(index < size(), "ImageFolder: index {} is out of range: there are {} images", index, size());
}

}  // namespace hearth::datasets
