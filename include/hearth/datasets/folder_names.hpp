/// One folder, listed fast: the names of its images in one block, the names of its folders, and whether the list can be
/// relied on later.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/folder_index.hpp>

namespace hearth::datasets {

/// What lies directly in a folder.
struct NamedFolder {
  struct Child {
    std::string name;
    bool is_link = false;
    friend bool operator<(const Child& a, const Child& b) { return a.name < b.name; }
  };

  FolderStamp stamp;
  bool is_settled = false;             // does it have these names as long as it has this stamp?
  std::vector<Child> folders;          // by name
  std::string names;                   // of the images, each with a zero behind it
  std::vector<std::uint32_t> offsets;  // of the names, in their order
};

inline FolderStamp stamp_of(const struct stat& status) noexcept {
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
  };
#ifdef __APPLE__
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          nanoseconds(status.st_mtimespec), nanoseconds(status.st_ctimespec)};
#else
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
#endif
}

constexpr std::int64_t second = 1'000'000'000;  // in nanoseconds
constexpr std::int64_t local_settling = 3 * second;

/// How long a folder of this file system must have been left alone for its times to tell a later change, which may fall
/// into the same tick of the file system's clock as the last one; on servers, whose clock may differ from this one,
/// that is longer. None for file systems that do not keep a folder's times, or that nobody has looked at.
inline std::optional<std::int64_t> settling_time(int descriptor) noexcept {
#ifdef __linux__
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) {
    return std::nullopt;
  }
  switch (static_cast<std::uint32_t>(status.f_type)) {
    case 0xEF53:      // ext2, ext3, ext4
    case 0x58465342:  // XFS
    case 0x9123683E:  // btrfs
    case 0xF2F52010:  // F2FS
    case 0xCA451A4E:  // bcachefs
    case 0x2FC12FC1:  // ZFS
    case 0x01021994:  // tmpfs
    case 0x794C7630:  // overlayfs
      return local_settling;
    case 0x6969:      // NFS
    case 0x0BD00BD0:  // Lustre
    case 0x47504653:  // GPFS
      return 60 * second;
    default:
      return std::nullopt;
  }
#else
  static_cast<void>(descriptor);
  return std::nullopt;
#endif
}

/// Is the folder on a disk of this machine, as far as that is known?
inline bool is_local_folder(const std::filesystem::path& folder) noexcept {
  const core::Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor && settling_time(descriptor.number()) == local_settling;
}

namespace detail {

/// The offsets of the names in the bytewise order of the names. Most names of a folder begin alike, so that eight bytes
/// after what they have in common decide nearly always.
inline void sort_by_name(std::vector<std::uint32_t>& offsets, const std::string& names) {
  if (offsets.size() < 2) {
    return;
  }
  const char* const first = names.data() + offsets[0];
  std::size_t common = std::strlen(first);
  for (const std::uint32_t offset : offsets) {
    std::size_t same = 0;
    while (same < common && names[offset + same] == first[same]) {
      ++same;
    }
    common = same;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
  keys.reserve(offsets.size());
  for (const std::uint32_t offset : offsets) {
    const char* text = names.data() + offset + common;
    std::uint64_t key = 0;
    for (int i = 0; i < 8; ++i) {
      key = key << 8 | static_cast<unsigned char>(*text);
      text += *text != '\0' ? 1 : 0;
    }
    keys.emplace_back(key, offset);
  }
  std::sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : std::strcmp(names.data() + a.second, names.data() + b.second) < 0;
  });
  std::transform(keys.begin(), keys.end(), offsets.begin(), [](const auto& key) { return key.second; });
}

}  // namespace detail

/// Lists a folder: its folders, and its files for which `is_image(name)` holds. A link counts as what it leads to, one
/// that leads nowhere as a file; devices, sockets and pipes are left out. Throws Error naming the folder and the reason
/// when it cannot be read. `ahead` is added to this machine's clock, in nanoseconds, for tests.
template <class IsImage>
NamedFolder name_folder(const std::filesystem::path& folder, const IsImage& is_image, std::int64_t ahead) {
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::unique_ptr<DIR, Close> stream(::opendir(folder.c_str()));
  const auto fail = [&] { core::fail("cannot read the folder {}: {}", core::printable(folder), std::strerror(errno)); };
  struct stat status {};
  if (stream == nullptr || ::fstat(::dirfd(stream.get()), &status) != 0) {
    fail();
  }
  NamedFolder found;
  found.stamp = stamp_of(status);
  bool has_link_to_no_folder = false;  // which may lead to one later, and this folder's times would not tell
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) {
        fail();
      }
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
#ifdef DT_UNKNOWN  // POSIX does not know the kind of an entry; Linux, macOS and the BSDs do
    bool is_folder = entry->d_type == DT_DIR;
    bool is_file = entry->d_type == DT_REG;
    bool is_link = entry->d_type == DT_LNK;
    bool is_unknown = entry->d_type == DT_UNKNOWN;
#else
    bool is_folder = false;
    bool is_file = false;
    bool is_link = false;
    bool is_unknown = true;
#endif
    if (is_unknown) {
      struct stat own {};
      is_unknown = ::fstatat(::dirfd(stream.get()), entry->d_name, &own, AT_SYMLINK_NOFOLLOW) != 0;
      is_folder = !is_unknown && S_ISDIR(own.st_mode);
      is_file = is_unknown || S_ISREG(own.st_mode);
      is_link = !is_unknown && S_ISLNK(own.st_mode);
    }
    if (is_link) {
      struct stat target {};
      const bool is_there = ::fstatat(::dirfd(stream.get()), entry->d_name, &target, 0) == 0;
      is_folder = is_there && S_ISDIR(target.st_mode);
      is_file = !is_there || S_ISREG(target.st_mode);
      has_link_to_no_folder = has_link_to_no_folder || !is_folder;
    }
    if (is_folder) {
      found.folders.push_back({std::string(name), is_link});
    } else if (is_file && is_image(name)) {
      if (found.names.size() + name.size() >= std::numeric_limits<std::uint32_t>::max()) {
        core::fail("the folder {} has more than 4 GiB of names", core::printable(folder));
      }
      found.offsets.push_back(static_cast<std::uint32_t>(found.names.size()));
      found.names.append(name).push_back('\0');
    }
  }
  std::sort(found.folders.begin(), found.folders.end());
  detail::sort_by_name(found.offsets, found.names);
  const auto settling = settling_time(::dirfd(stream.get()));
  const std::int64_t time = std::int64_t{now.tv_sec} * 1'000'000'000 + std::int64_t{now.tv_nsec} + ahead;
  found.is_settled = !has_link_to_no_folder && settling && ::fstat(::dirfd(stream.get()), &status) == 0 &&
                     stamp_of(status) == found.stamp && found.stamp.modified > 0 &&
                     std::max(found.stamp.modified, found.stamp.changed) < time - *settling;
  return found;
}

}  // namespace hearth::datasets
