/// Downloads weights to where Python's torch.hub keeps them, once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/download/download.hpp>
#include <hearth/weights/find.hpp>

namespace hearth {

/// How `download_weights` gets a file.
struct DownloadWeightsOptions {
  /// Compares the file with the first digits of its SHA-256 that its name has: resnet50-11ad3fa6.pth. A name of that
  /// form whose digits are no hash, like resnet-18.pth, needs false.
  bool check_hash = true;
  /// Where it goes; empty: `checkpoints_folder()`.
  std::filesystem::path folder = {};
  /// Shows a bar on stderr where that is a terminal.
  bool progress = true;
};

}  // namespace hearth

namespace hearth::weights {

/// The last part of the URL's path, as urllib.parse.urlparse sees it: without parameters, query and fragment. Empty
/// when the URL ends in a folder.
inline std::string url_file_name(const std::string& url) {
  const std::size_t begin = url.find("://");
  std::string path = url.substr(begin == std::string::npos ? 0 : begin + 3);
  path = path.substr(0, path.find_first_of("?#"));
  const std::size_t slash = path.rfind('/');
  path = slash == std::string::npos ? std::string{} : path.substr(slash + 1);
  return path.substr(0, path.find(';'));
}

/// The digits between a '-' and the next '.' of a file's name, if they are hexadecimal and lower-case: what torch.hub
/// finds with the regular expression "-([a-f0-9]*)\.". Empty when there are none.
inline std::string hash_in_name(const std::string& name) {
  for (std::size_t dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    const std::size_t end = name.find_first_not_of("0123456789abcdef", dash + 1);
    if (end != std::string::npos && name[end] == '.') {
      return name.substr(dash + 1, end - dash - 1);
    }
  }
  return {};
}

}  // namespace hearth::weights

namespace hearth {

/// The path of the URL's file, which is downloaded when it is not there yet; a file that is there is not read or asked
/// for. Python: the first half of torch.hub.load_state_dict_from_url, of which `load_weights` is the second; both find
/// each other's files. Throws Error when the URL names no file, and as `download` does.
///
///     load_weights(*model, download_weights("https://example.com/resnet50-11ad3fa6.pth"));
inline std::filesystem::path download_weights(const std::string& url, const DownloadWeightsOptions& options = {}) {
  const std::string name = weights::url_file_name(url);
  core::require(!name.empty() && name != "." && name != "..", "download_weights: {} does not end in a file's name",
                url);
  const std::filesystem::path path = (options.folder.empty() ? checkpoints_folder() : options.folder) / name;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    download_file(url, path,
                  {.sha256 = options.check_hash ? weights::hash_in_name(name) : "", .progress = options.progress});
  }
  return path;
}

}  // namespace hearth
