/// A file that comes in parts, over several runs of a program if need be, and is seen under its name when it is whole.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::download {

/// What has come of the file `path`: it lies beside it as `path`.part, and stays there when the program ends early.
/// While an object lives it alone has the part, among all threads and processes (flock); the others wait. Beside it, in
/// `path`.part.source, stands what the bytes were taken from, in words of the caller's.
class PartFile {
 public:
  /// Opens the part, or makes an empty one. When another has it, calls `on_wait` and waits. Throws Error naming the
  /// part when it cannot be opened or locked.
  explicit PartFile(std::filesystem::path path, const std::function<void()>& on_wait = {})
      : path_(std::move(path)), part_(path_.string() + ".part"), source_(path_.string() + ".part.source") {
    try {
      // The part may be gone when the wait ends, renamed or removed, and another process may have made a new one.
      for (open(); !lock(on_wait) || !is_in_place(); open()) {
        ::close(std::exchange(descriptor_, -1));
      }
      struct ::stat status {};
      check(::fstat(descriptor_, &status) == 0);
      size_ = static_cast<std::uint64_t>(status.st_size);
    } catch (...) {
      close();
      throw;
    }
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  /// Leaves the part to the next one; an empty one goes.
  ~PartFile() {
    if (descriptor_ >= 0 && size_ == 0) {
      remove();
    }
    close();
  }

  const std::filesystem::path& part() const noexcept { return part_; }

  /// How many bytes there are.
  std::uint64_t size() const noexcept { return size_; }

  /// What `restart` was told of these bytes; empty when that is not known.
  std::string source() const {
    std::error_code error;
    if (size_ == 0 || !std::filesystem::is_regular_file(source_, error)) {
      return {};
    }
    const auto bytes = core::read_file(source_);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// Drops the bytes that there are; those to come are from `source`.
  void restart(std::string_view source) {
    check(::ftruncate(descriptor_, 0) == 0);
    size_ = 0;
    core::write_file(source_, source);
  }

  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<::off_t>(size_));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      check(count >= 0);
      size_ += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  /// Flushes the bytes to the disk and gives them their name. Nothing more may be asked of the object then.
  void commit() {
    check(::fsync(descriptor_) == 0);
    std::error_code error;
    std::filesystem::remove(source_, error);  // before the rename: after it, the name is for the next part's source
    std::filesystem::rename(part_, path_, error);
    core::require(!error, "cannot write {}: {}", core::printable(path_), error.message());
    close();
  }

  /// Removes the part. Nothing more may be asked of the object then.
  void remove() noexcept {
    std::error_code ignored;
    std::filesystem::remove(source_, ignored);
    std::filesystem::remove(part_, ignored);
    close();
    size_ = 0;
  }

 private:
  void open() {
    descriptor_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    check(descriptor_ >= 0);
  }

  /// False when a signal came while it waited.
  bool lock(const std::function<void()>& on_wait) const {
    int locked = ::flock(descriptor_, LOCK_EX | LOCK_NB);
    if (locked != 0 && errno == EWOULDBLOCK) {
      if (on_wait) {
        on_wait();
      }
      locked = ::flock(descriptor_, LOCK_EX);
    }
    core::require(locked == 0 || errno == EINTR, "cannot lock {}: {}; choose a folder on a disk that has locks",
                  core::printable(part_), std::strerror(errno));
    return locked == 0;
  }

  /// Whether the open file is the one that the name stands for.
  bool is_in_place() const {
    struct ::stat ours {};
    struct ::stat named {};
    return ::fstat(descriptor_, &ours) == 0 && ::lstat(part_.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
  }

  void check(bool done) const {
    core::require(done, "cannot write {}: {}", core::printable(part_), std::strerror(errno));
  }

  void close() noexcept {
    if (descriptor_ >= 0) {
      ::close(std::exchange(descriptor_, -1));
    }
  }

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::filesystem::path source_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace hearth::download
