/// A file that is read at any place, without the rest of it.
#pragma once

#include <sys/stat.h>
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

/// A regular file that is open to be read, by any number of threads at once.
class FileBytes {
 public:
  /// Throws Error naming the file when it cannot be opened or is no regular file.
  explicit FileBytes(std::filesystem::path path) : path_(std::move(path)), file_(core::open_file(path_)) {}

  const std::filesystem::path& path() const noexcept { return path_; }

  /// The size that it had when it was opened.
  std::uint64_t size() const noexcept { return file_.size; }

  /// When the file was last written to, in nanoseconds since 1970; 0 where the system does not tell.
  std::int64_t changed() const noexcept {
    struct ::stat status {};
    if (::fstat(file_.descriptor.number(), &status) != 0) {
      return 0;
    }
#ifdef __APPLE__
    const ::timespec time = status.st_mtimespec;
#else
    const ::timespec time = status.st_mtim;
#endif
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::int64_t>(time.tv_nsec);
  }

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
