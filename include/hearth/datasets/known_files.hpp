/// The files that a dataset is downloaded as.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/download/download_options.hpp>

namespace hearth::datasets {

/// A file of a dataset, and its MD5 as torchvision has it.
struct KnownFile {
  std::string_view name;
  std::string_view md5;
};

/// A dataset's files, and the addresses of the folders that have them, in the order in which they are asked.
struct KnownFiles {
  std::string_view dataset;
  std::span<const KnownFile> files;
  std::span<const std::string_view> mirrors;
};

/// Where a file is asked for: at the user's `mirrors`; where there are none, below the dataset's name at the address
/// that the variable HEARTH_DATASETS_MIRROR has, and nowhere else; without that, at the dataset's own.
std::vector<std::string> addresses(const KnownFiles& known, std::string_view file,
                                   const std::vector<std::string>& mirrors);

/// Sees to it that `path` is the dataset's file, with the right MD5. `transfer` says how; its hashes do not count.
/// Throws Error as download::fetch_file does.
void download_known(const KnownFiles& known, const KnownFile& file, const std::filesystem::path& path,
                    const std::vector<std::string>& mirrors, DownloadOptions transfer);

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/known_files.ipp>
#endif
