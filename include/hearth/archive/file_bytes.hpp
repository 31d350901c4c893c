/// A file that is read at any place, without the rest of it.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

/// A regular file that is open to be read.
class FileBytes {
 public:
  /// Throws Error naming the file when it cannot be opened or is no regular file.
  explicit FileBytes(std::filesystem::path path) : path_(std::move(path)), file_(core::open_file(path_)) {}

  std::uint64_t size() const noexcept { return file_.size; }

  /// Reads `bytes.size()` bytes from `offset` on. Throws Error when they are not there.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t count =
          ::pread(file_.descriptor.number(), bytes.data(), bytes.size(), static_cast<::off_t>(offset));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      core::require(count > 0, "cannot read {}: {}", core::printable(path_),
                    count < 0 ? std::strerror(errno) : "it has become shorter");
      offset += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  std::vector<std::byte> read(std::uint64_t offset, std::uint64_t size) const {
    std::vector<std::byte> bytes(size);
    read(offset, bytes);
    return bytes;
  }

 private:
  std::filesystem::path path_;
  core::OpenFile file_;
};

}  // namespace hearth::archives
