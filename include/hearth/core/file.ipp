#pragma once

#include <hearth/core/file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include <hearth/core/error.hpp>

namespace hearth::core {

HEARTH_INLINE std::vector<std::byte> read_file(const std::filesystem::path& path) {
  require(!std::filesystem::is_directory(path), "read_file: {} is a directory, not a file", path.string());
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  require(file.is_open(), "read_file: cannot open {}: {}", path.string(), std::strerror(errno));
  const std::streamoff size = file.tellg();
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), size);
  require(file.good() || size == 0, "read_file: {} ended before its {} bytes were read", path.string(), size);
  return bytes;
}

HEARTH_INLINE void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  require(!error && std::filesystem::is_directory(path), "cannot make the folder {}: {}", path.string(),
          error ? error.message() : "a file of that name is in the way");
}

HEARTH_INLINE void replace_file(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path&)>& write) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path aside = path;
  aside += fmt::format(".{}-{}.part", ::getpid(), counter++);
  try {
    write(aside);
    const int descriptor = ::open(aside.c_str(), O_RDONLY | O_CLOEXEC);
    require(descriptor >= 0, "cannot write {}: {}", path.string(), std::strerror(errno));
    const int flushed = ::fsync(descriptor);
    const int reason = errno;
    ::close(descriptor);
    require(flushed == 0, "cannot write {}: {}", path.string(), std::strerror(reason));
    std::error_code error;
    std::filesystem::rename(aside, path, error);
    require(!error, "cannot write {}: {}", path.string(), error.message());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(aside, ignored);
    throw;
  }
}

HEARTH_INLINE void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  replace_file(path, [&](const std::filesystem::path& aside) {
    errno = 0;
    std::ofstream file(aside, std::ios::binary);
    require(file.is_open(), "cannot write {}: {}", path.string(), std::strerror(errno));
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    require(file.good(), "cannot write {}: {}", path.string(), std::strerror(errno));
  });
}

HEARTH_INLINE void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace hearth::core
