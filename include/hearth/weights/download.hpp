/// Downloads weights to where Python's torch.hub keeps them, once.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include <hearth/core/inline.hpp>

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
  /// Where the file is asked for in place of the URL's folder: the file's name is put behind it. Empty: the URL itself.
  /// For torchvision's entries, empty is what HEARTH_WEIGHTS_MIRROR says; see models/pretrained.hpp.
  std::string mirror = {};
  /// How long to wait for the server to take the call, and for the next bytes: see DownloadOptions.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);
};

}  // namespace hearth

namespace hearth::weights {

/// The last part of the URL's path, as urllib.parse.urlparse sees it: without parameters, query and fragment. Empty
/// when the URL ends in a folder.
std::string url_file_name(const std::string& url);

/// The digits between a '-' and the next '.' of a file's name, if they are hexadecimal and lower-case: what torch.hub
/// finds with the regular expression "-([a-f0-9]*)\.". Empty when there are none.
std::string hash_in_name(const std::string& name);

/// `download_weights` of a file whose hash, the first digits of its SHA-256, is known; empty: none is.
std::filesystem::path download_checked(const std::string& url, const std::string& hash,
                                       const DownloadWeightsOptions& options);

}  // namespace hearth::weights

namespace hearth {

/// The path of the URL's file, which is downloaded when it is not there yet; a file that is there is not read or asked
/// for. Python: the first half of torch.hub.load_state_dict_from_url, of which `load_weights` is the second; both find
/// each other's files. Throws Error when the URL names no file, as `download_file` does, and, in a program that cannot
/// download because it was built without libcurl and OpenSSL (hearth::download), naming the URL and the file's place.
///
///     load_weights(*model, download_weights("https://example.com/resnet50-11ad3fa6.pth"));
std::filesystem::path download_weights(const std::string& url, const DownloadWeightsOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/download.ipp>
#endif
