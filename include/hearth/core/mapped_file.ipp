#pragma once

#include <hearth/core/mapped_file.hpp>

#include <sys/mman.h>

#include <cerrno>

#include <hearth/core/file.hpp>
#include <hearth/core/file_error.hpp>

namespace hearth::core {

HEARTH_INLINE MappedFile::MappedFile(const std::filesystem::path& path) {
  const OpenFile file = open_file(path);
  size_ = static_cast<std::size_t>(file.size);
  if (size_ == 0) {
    return;
  }
  void* const memory =
      ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor.number(), 0);
  if (memory == MAP_FAILED) {
    fail_on_file("cannot map", path, errno);
  }
  data_ = static_cast<std::byte*>(memory);
  ::madvise(data_, size_, MADV_WILLNEED);
}

HEARTH_INLINE MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(data_, size_);
  }
}

}  // namespace hearth::core
