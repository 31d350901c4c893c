/// A whole file as memory: read on demand by the operating system, shared with the page cache, never copied up front.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

#include <hearth/core/error.hpp>

namespace hearth::core {

/// A file mapped privately: its bytes may be written to, and the file stays as it is. The mapping keeps the bytes of a
/// file that is replaced or deleted meanwhile; a file that another program shortens in place must not be touched after.
class MappedFile {
 public:
  /// Throws Error naming the path when it is no regular file or cannot be opened or mapped.
  explicit MappedFile(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require(descriptor >= 0, "cannot open {}: {}", path.string(), std::strerror(errno));
    struct ::stat status {};
    const bool known = ::fstat(descriptor, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      fail("cannot read {}: it is not a regular file", path.string());
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0) {
      void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
      const int reason = errno;
      ::close(descriptor);
      require(memory != MAP_FAILED, "cannot map {}: {}", path.string(), std::strerror(reason));
      data_ = static_cast<std::byte*>(memory);
      ::madvise(data_, size_, MADV_WILLNEED);
    } else {
      ::close(descriptor);
    }
  }

  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile() {
    if (data_ != nullptr) {
      ::munmap(data_, size_);
    }
  }

  /// All bytes of the file; valid as long as this object.
  std::span<std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace hearth::core
