#pragma once

#include <hearth/weights/download.hpp>

#include <cstddef>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/download/fetch.hpp>
#include <hearth/weights/find.hpp>

namespace hearth::weights {

HEARTH_INLINE std::string url_file_name(const std::string& url) {
  const std::size_t begin = url.find("://");
  std::string path = url.substr(begin == std::string::npos ? 0 : begin + 3);
  path = path.substr(0, path.find_first_of("?#"));
  const std::size_t slash = path.rfind('/');
  path = slash == std::string::npos ? std::string{} : path.substr(slash + 1);
  return path.substr(0, path.find(';'));
}

HEARTH_INLINE std::string hash_in_name(const std::string& name) {
  for (std::size_t dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    const std::size_t end = name.find_first_not_of("0123456789abcdef", dash + 1);
    if (end != std::string::npos && name[end] == '.') {
      return name.substr(dash + 1, end - dash - 1);
    }
  }
  return {};
}

HEARTH_INLINE std::filesystem::path download_checked(const std::string& url, const std::string& hash,
                                                     const DownloadWeightsOptions& options) {
  const std::string name = url_file_name(url);
  core::require(!name.empty() && name != "." && name != "..", "download_weights: {} does not end in a file's name",
                url);
  const std::filesystem::path path = (options.folder.empty() ? checkpoints_folder() : options.folder) / name;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    const bool slash = options.mirror.ends_with('/');
    download::fetch_file({options.mirror.empty() ? url : options.mirror + (slash ? "" : "/") + name}, path,
                         {.sha256 = hash,
                          .progress = options.progress,
                          .connect_timeout = options.connect_timeout,
                          .stall_timeout = options.stall_timeout});
  }
  return path;
}

}  // namespace hearth::weights

namespace hearth {

HEARTH_INLINE std::filesystem::path download_weights(const std::string& url, const DownloadWeightsOptions& options) {
  const std::string hash = options.check_hash ? weights::hash_in_name(weights::url_file_name(url)) : "";
  return weights::download_checked(url, hash, options);
}

}  // namespace hearth
