#pragma once

#include <hearth/datasets/image_files.hpp>

#include <string>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth {

HEARTH_INLINE std::vector<std::filesystem::path> find_images(
    const std::vector<std::filesystem::path>& files_and_folders) {
  std::vector<std::filesystem::path> images;
  for (const std::filesystem::path& path : files_and_folders) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    core::require(status.type() != std::filesystem::file_type::not_found, "find_images: {} does not exist",
                  core::printable(path));
    core::require(status.type() != std::filesystem::file_type::none, "find_images: {} cannot be read: {}",
                  core::printable(path), error.message());
    if (!std::filesystem::is_directory(status)) {
      images.push_back(path);
      continue;
    }
    const std::vector<std::string> names = datasets::list_files(path, datasets::has_image_extension);
    core::require(!names.empty(), "find_images: there are no images in the folder {}", core::printable(path));
    for (const std::string& name : names) {
      images.push_back(path / name);
    }
  }
  return images;
}

}  // namespace hearth
