/// A file for a moment.
#pragma once

#include <filesystem>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// A file in the system's folder for temporary ones, which is removed with this object; what has mapped it keeps it.
class TemporaryFile {
 public:
  /// Throws Error when it cannot be written.
  explicit TemporaryFile(std::string_view bytes);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/temporary_file.ipp>
#endif
