#pragma once

#include <hearth/datasets/known_files.hpp>

#include <cstdlib>

#include <hearth/core/error.hpp>
#include <hearth/download/fetch.hpp>

namespace hearth::datasets {

HEARTH_INLINE std::vector<std::string> addresses(const KnownFiles& known, std::string_view file,
                                                 const std::vector<std::string>& mirrors) {
  std::vector<std::string> folders = mirrors;
  if (const char* const own = std::getenv("HEARTH_DATASETS_MIRROR"); own != nullptr && folders.empty()) {
    std::string folder = own;
    folder.append(folder.ends_with('/') ? "" : "/").append(known.dataset);
    folders.push_back(folder);
  }
  if (folders.empty()) {
    folders.assign(known.mirrors.begin(), known.mirrors.end());
  }
  for (std::string& folder : folders) {
    folder.append(folder.ends_with('/') ? "" : "/").append(file);
  }
  return folders;
}

HEARTH_INLINE void download_known(const KnownFiles& known, const KnownFile& file, const std::filesystem::path& path,
                                  const std::vector<std::string>& mirrors, DownloadOptions transfer) {
  transfer.sha256.clear();
  transfer.md5 = file.md5;
  try {
    download::fetch_file(addresses(known, file.name, mirrors), path, transfer);
  } catch (const Error& error) {
    core::fail("{}: {}", known.dataset, error.what());
  }
}

}  // namespace hearth::datasets
