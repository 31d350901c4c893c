#pragma once

#include <hearth/datasets/tiny_imagenet.hpp>

#include <array>
#include <sstream>
#include <string_view>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/known_files.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/datasets/prepared_folder.hpp>
#include <hearth/datasets/prepared_note.hpp>
#include <hearth/datasets/tiny_imagenet_source.hpp>

namespace hearth {

namespace datasets::detail {

inline const PreparedKind& tiny_imagenet_kind() {
  static const PreparedKind kind{"Tiny ImageNet", "test", " test images", {"train", "val", "test"}};
  return kind;
}

/// Is this a folder with train/WNID and val/WNID, made by this header or by hand?
inline bool is_sorted_tiny_imagenet(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path val = folder / "val";
  return std::filesystem::is_directory(folder / "train", error) && std::filesystem::is_directory(val, error) &&
         !std::filesystem::exists(val / "val_annotations.txt", error) &&
         !std::filesystem::exists(val / "images", error);
}

/// The archive, as Stanford has it.
inline KnownFiles tiny_imagenet_files() noexcept {
  static constexpr std::array<std::string_view, 1> mirrors{"http://cs231n.stanford.edu/"};
  static constexpr std::array<KnownFile, 1> files{
      KnownFile{"tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de"}};
  return {"TinyImageNet", files, mirrors};
}

}  // namespace datasets::detail

HEARTH_INLINE TinyImageNet open_tiny_imagenet(const std::filesystem::path& folder) {
  const bool is_prepared = datasets::is_prepared_folder(folder);
  core::require(is_prepared || datasets::detail::is_sorted_tiny_imagenet(folder),
                "Tiny ImageNet: {} is no folder that was prepared, and has no images sorted into train/WNID and "
                "val/WNID; prepare it from tiny-imagenet-200.zip",
                core::printable(folder));
  TinyImageNet data;
  if (is_prepared) {
    const datasets::PreparedKind& kind = datasets::detail::tiny_imagenet_kind();
    data.source = datasets::require_unchanged(kind, folder).describe(kind);
  }
  data.train = folder / "train";
  data.val = folder / "val";
  data.wnids = datasets::list_folder(data.train).folders;
  const std::vector<std::string> val = datasets::list_folder(data.val).folders;
  core::require(!data.wnids.empty(), "Tiny ImageNet: {} has no class folders", core::printable(data.train));
  core::require(val == data.wnids, "Tiny ImageNet: {} and {} have different class folders", core::printable(data.train),
                core::printable(data.val));
  for (const std::string& wnid : data.wnids) {
    data.names[wnid] = wnid;
  }
  if (std::error_code error; std::filesystem::exists(folder / "words.txt", error)) {
    std::istringstream lines(datasets::text_of(folder / "words.txt"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (const auto name = data.names.find(line.substr(0, tab));
          name != data.names.end() && tab != std::string::npos) {
        const std::size_t end = line.find_last_not_of('\r');
        name->second = line.substr(tab + 1, end - tab);
      }
    }
  }
  return data;
}

HEARTH_INLINE TinyImageNet prepare_tiny_imagenet(const std::filesystem::path& source,
                                                 const std::filesystem::path& target,
                                                 const TinyImageNetOptions& options) {
  if (datasets::detail::is_sorted_tiny_imagenet(source)) {
    return open_tiny_imagenet(source);
  }
  if (std::error_code error; options.download && !std::filesystem::is_directory(source, error)) {
    const bool is_there = std::filesystem::exists(source, error);
    const bool is_prepared = datasets::is_prepared_folder(target);
    if (is_prepared && !is_there && !options.test) {
      return open_tiny_imagenet(target);
    }
    if (!is_prepared || !is_there) {
      const datasets::KnownFiles known = datasets::detail::tiny_imagenet_files();
      datasets::download_known(known, known.files[0], source, options.mirrors, options.transfer);
    }
  }
  const std::string test = options.test ? "with" : "without";
  datasets::prepare_from_source(datasets::detail::tiny_imagenet_kind(), source, target, test,
                                [&](const std::filesystem::path& part) {
                                  const datasets::TinyImageNetSource files(source, options.test);
                                  files.write(part, options.progress);
                                  core::write_file(part / "words.txt", files.words());
                                  return test;
                                });
  return open_tiny_imagenet(target);
}

}  // namespace hearth
