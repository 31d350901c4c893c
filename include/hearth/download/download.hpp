/// Downloads files over http and https: complete or absent, and resumed where an earlier try ended.
#pragma once

#include <filesystem>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/download/download_options.hpp>

namespace hearth {

/// Sees to it that the file of the URL is at `path`. The server is asked nothing when a file is there that has the
/// hash, or when one is there and no hash is given. The file is written beside, as `path`.part, checked, flushed and
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
