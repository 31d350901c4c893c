/// A whole file as memory: read on demand by the operating system, shared with the page cache, never copied up front.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// A file mapped privately: its bytes may be written to, and the file stays as it is. The mapping keeps the bytes of a
/// file that is replaced or deleted meanwhile; a file that another program shortens in place must not be touched after.
class MappedFile {
 public:
  /// Throws Error naming the path when it is no regular file or cannot be opened or mapped.
  explicit MappedFile(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile();

  /// All bytes of the file; valid as long as this object.
  std::span<std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/mapped_file.ipp>
#endif
