/// What tells an archive from another one, without reading all of it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <hearth/archive/file_bytes.hpp>
#include <hearth/archive/zip_directory.hpp>
#include <hearth/core/crc32.hpp>

namespace hearth::archives {

/// A line about the content of a zip, tar or tar.gz file, the same wherever the file lies: its size, and of a zip the
/// number of entries and the checksum of their list, which has the checksum of each entry. Of the others it has the
/// checksums of the first and the last 64 KB (at the end of a tar.gz stands the checksum of the whole); a plain tar has
/// no checksum of its files, so the time of its last change is in the line. Throws Error when the file cannot be read
/// or is a damaged zip.
inline std::string content_of_archive(const std::filesystem::path& path) {
  const FileBytes file(path);
  if (const std::optional<ZipDirectory> zip = read_zip_directory(path)) {
    return fmt::format("a zip of {} bytes and {} entries, checksum of their list {:08x}", file.size(), zip->entries,
                       zip->checksum);
  }
  const std::uint64_t part = std::min<std::uint64_t>(file.size(), 1 << 16);
  const std::vector<std::byte> start = file.read(0, part);
  std::string line = fmt::format("an archive of {} bytes, checksums of its start and end {:08x} {:08x}", file.size(),
                                 core::crc32(start), core::crc32(file.read(file.size() - part, part)));
  const bool is_gzip = start.size() >= 2 && start[0] == std::byte{0x1F} && start[1] == std::byte{0x8B};
  if (!is_gzip) {
    std::error_code error;
    line += fmt::format(", changed at {}", std::filesystem::last_write_time(path, error).time_since_epoch().count());
  }
  return line;
}

}  // namespace hearth::archives
