/// A file being written, whose first failure is an Error that names it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include <hearth/core/file_error.hpp>

namespace hearth::weights {

/// Where a weights file goes, from its first byte to its last.
class OutputFile {
 public:
  /// Opens the file `aside`; messages name `path`, which it will become.
  OutputFile(const std::filesystem::path& aside, const std::filesystem::path& path) : path_(path) {
    errno = 0;
    file_.open(aside, std::ios::binary);
    check(file_.is_open());
  }

  void write(std::span<const std::byte> bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    check(file_.good());
  }
  void write(const std::string& bytes) { write(std::as_bytes(std::span(bytes))); }

  void close() {
    file_.close();
    check(file_.good());
  }

 private:
  void check(bool succeeded) const {
    if (!succeeded) {
      core::fail_on_file("cannot write", path_, errno);
    }
  }

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace hearth::weights
