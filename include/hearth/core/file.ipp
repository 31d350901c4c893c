#pragma once

#include <hearth/core/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/file_aside.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::core {

namespace detail {

/// For sentences: what a file is that is not a regular one.
inline const char* kind_of_file(mode_t mode) noexcept {
  return S_ISDIR(mode)    ? "a folder"
         : S_ISFIFO(mode) ? "a pipe"
         : S_ISCHR(mode)  ? "a device or terminal"
         : S_ISBLK(mode)  ? "a block device"
         : S_ISSOCK(mode) ? "a socket"
                          : "no regular file";
}

/// The bytes of the machine's memory; all that can be counted where that is unknown.
inline std::uint64_t physical_memory() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
                               : std::numeric_limits<std::uint64_t>::max();
}

[[noreturn]] inline void refuse_target(const std::filesystem::path& path, const char* kind) {
  fail("cannot write {}: it is {}, which no new file can replace; name a plain file", printable(path), kind);
}

/// The file that a path leads to by symbolic links, whether it is there or not. Throws Error when that is no place for
/// a file that is replaced as a whole.
inline std::filesystem::path target_of(const std::filesystem::path& path) {
  std::filesystem::path target = path;
  std::error_code error;
  constexpr int most = 40;  // as Linux follows
  for (int i = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(target, error)); ++i) {
    if (i == most) {
      fail_on_file("cannot write", path, ELOOP);
    }
    const std::filesystem::path folder = std::filesystem::weakly_canonical(target.parent_path(), error);
    if (folder.native().starts_with("/proc/")) {
      refuse_target(path, "an open file or stream");
    }
    const std::filesystem::path next = std::filesystem::read_symlink(target, error);
    if (error) {
      fail_on_file("cannot write", path, error.value());
    }
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  struct ::stat status {};
  if (::stat(target.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) {
      refuse_target(path, kind_of_file(status.st_mode));
    }
    if (target.parent_path() == "/dev/fd") {  // no symbolic links on macOS
      refuse_target(path, "an open file or stream");
    }
  }
  return target;
}

/// Waits until a new name in the folder is on the disk; best effort, for not every file system can.
inline void flush_folder(const std::filesystem::path& folder) noexcept {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor) {
    ::fsync(descriptor.number());
  }
}

}  // namespace detail

namespace detail {

inline OpenFile open_file(const char* path) {
  OpenFile file;
  file.descriptor = Descriptor(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct ::stat status {};
  if (!file.descriptor || ::fstat(file.descriptor.number(), &status) != 0) {
    fail_on_file("cannot open", path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    fail("cannot read {}: it is {}, not a regular file", printable(path), kind_of_file(status.st_mode));
  }
  file.size = static_cast<std::uint64_t>(status.st_size);
  return file;
}

}  // namespace detail

HEARTH_INLINE OpenFile open_file(const std::filesystem::path& path) {
  return detail::open_file(path.c_str());
}

HEARTH_INLINE std::span<const std::byte> read_file(const char* path, std::vector<std::byte>& memory,
                                                   std::uint64_t most) {
  const OpenFile file = detail::open_file(path);
  if (file.size > most) {
    fail("cannot read {}: it has {} bytes, and at most {} are expected", printable(path), file.size, most);
  }
  const auto refuse = [&] {
    fail("cannot read {}: its {} bytes are more than there is memory for", printable(path), file.size);
  };
  if (file.size > detail::physical_memory()) {
    refuse();
  }
  const auto size = static_cast<std::size_t>(file.size);
  try {
    if (memory.size() < size) {
      memory.clear();  // nothing of it need be kept
      memory.resize(size);
    }
  } catch (const std::bad_alloc&) {
    refuse();
  } catch (const std::length_error&) {
    refuse();
  }
  for (std::size_t done = 0; done < size;) {
    const std::size_t part = std::min(size - done, std::size_t{1} << 30);
    const ssize_t count = ::read(file.descriptor.number(), memory.data() + done, part);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      fail_on_file("cannot read", path, errno);
    }
    if (count == 0) {
      fail("cannot read {}: it ended after {} of its {} bytes", printable(path), done, size);
    }
    done += static_cast<std::size_t>(count);
  }
  return {memory.data(), size};
}

HEARTH_INLINE std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t most) {
  std::vector<std::byte> bytes;
  read_file(path.c_str(), bytes, most);
  return bytes;
}

HEARTH_INLINE void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    fail_on_file("cannot make the folder", path, error.value());
  }
  if (!std::filesystem::is_directory(path, error)) {
    fail("cannot make the folder {}: a file of that name is in the way", printable(path));
  }
}

HEARTH_INLINE void replace_file(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path&)>& write) {
  const std::filesystem::path target = detail::target_of(path);
  const FileAside aside(target, path);
  write(aside.path());
  const Descriptor descriptor(::open(aside.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!descriptor || ::fsync(descriptor.number()) != 0 || ::rename(aside.path().c_str(), target.c_str()) != 0) {
    fail_on_file("cannot write", path, errno);
  }
  detail::flush_folder(target.parent_path());
}

HEARTH_INLINE void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  replace_file(path, [&](const std::filesystem::path& aside) {
    const Descriptor descriptor(::open(aside.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!descriptor) {
      fail_on_file("cannot write", path, errno);
    }
    for (std::span<const std::byte> rest = bytes; !rest.empty();) {
      const ssize_t count = ::write(descriptor.number(), rest.data(), std::min(rest.size(), std::size_t{1} << 30));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        fail_on_file("cannot write", path, errno);
      }
      rest = rest.subspan(static_cast<std::size_t>(count));
    }
  });
}

HEARTH_INLINE void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace hearth::core
