#pragma once

#include <hearth/core/temporary_file.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <hearth/core/error.hpp>

namespace hearth::core {

HEARTH_INLINE TemporaryFile::TemporaryFile(std::string_view bytes) {
  std::error_code no_folder;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(no_folder);
  std::string name = ((no_folder ? std::filesystem::path("/tmp") : folder) / "hearth-XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  require(descriptor >= 0, "{} cannot be made: {}", name, std::strerror(errno));
  path_ = name;
  int failure = 0;
  while (!bytes.empty() && failure == 0) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  ::close(descriptor);
  if (failure != 0) {
    ::unlink(name.c_str());
    fail("{} cannot be written: {}", name, std::strerror(failure));
  }
}

HEARTH_INLINE TemporaryFile::~TemporaryFile() {
  ::unlink(path_.c_str());
}

}  // namespace hearth::core
