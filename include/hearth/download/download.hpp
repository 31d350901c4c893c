/// Downloads files over http and https: complete or absent, and resumed where an earlier try ended.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth {

/// How `download` gets a file.
struct DownloadOptions {
  /// The file's SHA-256 in hexadecimal digits, or the first of them; empty when it is not known.
  std::string sha256 = {};
  /// Shows a bar on stderr where that is a terminal.
  bool progress = true;
  /// How long to wait for the server, or the proxy, to take the call.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  /// How long to wait for the next bytes; it is looked at once a second.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);
};

/// Sees to it that the file of the URL is at `path`. The server is asked nothing when a file is there that has the
/// hash, or when one is there and `sha256` is empty. The file is written beside, as `path`.part, checked, flushed and
/// renamed: at `path` it is complete or absent. When a download ends early, what has come stays, and the next call asks
/// for the rest, if the hash or the server's ETag or Last-Modified can tell that it is the same file; if the server has
/// another file by then, the download starts again from its first byte. Of several processes or threads that want the
/// same file, one gets it and the others wait. Redirections are followed, from https only to https; proxies are those
/// of http_proxy, https_proxy and no_proxy; SSL_CERT_FILE and SSL_CERT_DIR name the certificates to trust where the
/// system's are not. Throws Error naming the URL and what to do: when the server cannot be reached, falls silent,
/// refuses or sends less than it said; when the hash is another one (and then removes what has come); when the file
/// cannot be written.
void download_file(const std::string& url, const std::filesystem::path& path, const DownloadOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/download/download.ipp>
#endif
