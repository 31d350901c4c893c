#pragma once

#include <hearth/datasets/image_archive.hpp>

#include <hearth/archive/indexed_archive.hpp>
#include <hearth/datasets/archive_tree.hpp>

namespace hearth::datasets {

HEARTH_INLINE std::shared_ptr<const ImageList> list_image_archive(const std::filesystem::path& archive,
                                                                  ImageArchiveOptions options) {
  auto opened = std::make_shared<const archives::IndexedArchive>(archive, options.index_folder);
  return std::make_shared<const ImageList>(
      std::make_unique<ArchiveTree>("ImageArchive", std::move(opened), options.folder),
      ImageListOptions{options.num_classes,
                       std::move(options.class_names),
                       {.max_pixels = options.max_pixels, .exact = options.exact}});
}

}  // namespace hearth::datasets
