/// How files are downloaded, for those who ask for it and need not know with what.
#pragma once

#include <chrono>
#include <string>

namespace hearth {

/// How `download_file` gets a file.
struct DownloadOptions {
  /// The file's SHA-256 in hexadecimal digits, or the first of them; empty when it is not known.
  std::string sha256 = {};
  /// Its MD5, likewise; one of the two.
  std::string md5 = {};
  /// Shows a bar on stderr where that is a terminal.
  bool progress = true;
  /// How long to wait for the server, or the proxy, to take the call.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(30);
  /// How long to wait for the next bytes; it is looked at once a second.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);
};

}  // namespace hearth
