#pragma once

#include <hearth/datasets/imagenet.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include <fmt/format.h>

#include <hearth/archive/indexed_archive.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/archive_tree.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/datasets/image_tree.hpp>
#include <hearth/datasets/imagenet_devkit.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

namespace detail {

/// For each validation image, in the order of their names, the wnid of its class. Throws Error when the kit is missing
/// or does not fit.
inline const std::vector<std::string>& val_wnids(const std::optional<ImageNetDevkit>& devkit, std::size_t images,
                                                 const std::filesystem::path& source) {
  core::require(devkit.has_value(),
                "ImageNet: the images in {} are not in class folders, so that their classes must come from the "
                "development kit, and neither {}.tar.gz nor {} is in {}",
                core::printable(source), devkit_name, devkit_name, core::printable(source.parent_path()));
  core::require(devkit->val.size() == images,
                "ImageNet: {} has {} images, but {} of {} has the classes of {}; get both again",
                core::printable(source), images, devkit_truth, core::printable(devkit->path), devkit->val.size());
  return devkit->val;
}

/// The numbers of the images of each class.
inline std::map<std::string, std::vector<std::size_t>> numbers_by_wnid(const std::vector<std::string>& wnids) {
  std::map<std::string, std::vector<std::size_t>> numbers;
  for (std::size_t i = 0; i < wnids.size(); ++i) {
    numbers[wnids[i]].push_back(i);
  }
  return numbers;
}

inline std::vector<std::string> keys_of(const std::map<std::string, std::vector<std::size_t>>& numbers) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : numbers) {
    keys.push_back(key);
  }
  return keys;
}

/// The names of images, in their order.
inline std::vector<std::string> image_names(std::vector<std::string> files) {
  std::erase_if(files, [](const std::string& name) { return !has_image_extension(name); });
  return files;
}

/// The validation images in an archive without class folders.
class ValArchive final : public ArchiveImages {
 public:
  ValArchive(std::shared_ptr<const archives::IndexedArchive> archive, const std::string& folder,
             const std::optional<ImageNetDevkit>& devkit)
      : ArchiveImages("ImageNet", std::move(archive)) {
    for (const std::string& name : image_names(list_archive_folder(index(), folder).files)) {
      found_.push_back(index().find(folder.empty() ? name : folder + '/' + name).value());
    }
    numbers_ = numbers_by_wnid(val_wnids(devkit, found_.size(), this->archive().path()));
  }

  std::vector<std::string> folders() const override { return keys_of(numbers_); }

  std::size_t add(const std::string& folder) override {
    const std::vector<std::size_t>& numbers = numbers_.at(folder);
    for (const std::size_t number : numbers) {
      take(found_[number]);
    }
    return numbers.size();
  }

 private:
  std::vector<std::size_t> found_;  // the entry of each image
  std::map<std::string, std::vector<std::size_t>> numbers_;
};

/// The validation images in a folder without class folders.
class ValFolder final : public ImageTree {
 public:
  ValFolder(std::filesystem::path root, const std::optional<ImageNetDevkit>& devkit)
      : root_(std::move(root)), names_(image_names(list_folder(root_).files)) {
    numbers_ = numbers_by_wnid(val_wnids(devkit, names_.size(), root_));
  }

  std::string_view component() const override { return "ImageNet"; }
  std::string name() const override { return core::printable(root_); }
  std::vector<std::string> folders() const override { return keys_of(numbers_); }

  std::size_t add(const std::string& folder) override {
    const std::vector<std::size_t>& numbers = numbers_.at(folder);
    order_.insert(order_.end(), numbers.begin(), numbers.end());
    return numbers.size();
  }

  std::filesystem::path path(std::size_t index) const override { return root_ / names_[order_[index]]; }

  std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const override {
    return read_image_bytes(root_, names_[order_[index]], memory);
  }

 private:
  std::filesystem::path root_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::size_t>> numbers_;
  std::vector<std::size_t> order_;
};

/// The folder of the archive in which the classes or images are: its top, or the one folder that is there.
inline std::string top_of(const archives::ArchiveIndex& index) {
  std::string folder;
  for (;;) {
    const ArchiveFolder here = list_archive_folder(index, folder);
    if (here.folders.size() != 1 || !image_names(here.files).empty()) {
      return folder;
    }
    const std::string next = folder.empty() ? here.folders[0] : folder + '/' + here.folders[0];
    const ArchiveFolder below = list_archive_folder(index, next);
    const std::string& last = here.folders[0];
    const bool is_wnid = last.size() == 9 && last[0] == 'n' && last.find_first_not_of("0123456789", 1) == last.npos;
    const bool is_val = !is_wnid && !below.files.empty() && below.files[0].starts_with("ILSVRC2012_val_");
    if (below.folders.empty() && !is_val) {
      return folder;  // it is a class
    }
    folder = next;
  }
}

inline std::unique_ptr<ImageTree> imagenet_archive(const std::filesystem::path& path, Split split,
                                                   const std::function<const std::optional<ImageNetDevkit>&()>& devkit,
                                                   const ImageNetOptions& options) {
  auto archive = std::make_shared<const archives::IndexedArchive>(path, options.index_folder);
  const std::string folder = top_of(archive->index());
  if (split == Split::test && list_archive_folder(archive->index(), folder).folders.empty()) {
    return std::make_unique<ValArchive>(std::move(archive), folder, devkit());
  }
  return std::make_unique<ArchiveTree>("ImageNet", std::move(archive), folder);
}

}  // namespace detail

HEARTH_INLINE ImageNetImages open_imagenet(const std::filesystem::path& root, Split split,
                                           const ImageNetOptions& options) {
  const std::string own = split == Split::train ? "train" : "val";
  const std::array<std::string, 4> names{own, own + ".tar", own + ".zip", "ILSVRC2012_img_" + own + ".tar"};
  std::error_code error;
  const auto is_there = [&](const std::string& name) { return std::filesystem::exists(root / name, error); };
  core::require(std::filesystem::is_directory(root, error), "ImageNet: {} is not a folder", core::printable(root));
  const auto name = std::find_if(names.begin(), names.end(), is_there);
  core::require(name != names.end(),
                "ImageNet: {} has none of {} (class folders), {}, {} or {}: the {} images are in one of these",
                core::printable(root), names[0], names[1], names[2], names[3],
                split == Split::train ? "training" : "validation");
  ImageNetImages found;
  found.source = root / *name;
  std::optional<ImageNetDevkit> devkit;
  std::exception_ptr damaged;  // which matters where the classes come from it
  try {
    devkit = read_imagenet_devkit(root);
  } catch (const Error&) {
    damaged = std::current_exception();
  }
  const auto needed_devkit = [&]() -> const std::optional<ImageNetDevkit>& {
    if (damaged) {
      std::rethrow_exception(damaged);
    }
    return devkit;
  };
  ImageListOptions list{options.num_classes, {}, {.max_pixels = options.max_pixels, .exact = options.exact}};
  if (!std::filesystem::is_directory(found.source, error)) {
    found.images = std::make_shared<const ImageList>(
        detail::imagenet_archive(found.source, split, needed_devkit, options), std::move(list));
  } else if (const FolderNames top = list_folder(found.source);
             split == Split::test && top.folders.empty() && !detail::image_names(top.files).empty()) {
    found.images = std::make_shared<const ImageList>(std::make_unique<detail::ValFolder>(found.source, needed_devkit()),
                                                     std::move(list));
  } else {
    list.index_folder = options.index_folder;
    found.images = list_image_folder(found.source, std::move(list));
  }
  if (devkit) {
    for (const std::string& wnid : found.images->classes()) {
      const auto words = devkit->words.find(wnid);
      found.words.push_back(words != devkit->words.end() ? words->second : std::vector<std::string>{wnid});
    }
  }
  return found;
}

}  // namespace hearth::datasets
