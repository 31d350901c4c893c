/// The files below a folder, in the order in which Python's sorted(os.walk(folder)) gives them.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::datasets {

/// The names in a folder, each list sorted bytewise. A link counts as what it leads to, one that leads nowhere as a
/// file; devices, sockets and pipes are left out.
struct FolderNames {
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

/// The names in the folder. Throws Error naming it and the reason when it cannot be read.
inline FolderNames list_folder(const std::filesystem::path& folder) {
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  const std::unique_ptr<DIR, Close> stream(::opendir(folder.c_str()));
  core::require(stream != nullptr, "cannot read the folder {}: {}", core::printable(folder), std::strerror(errno));
  FolderNames names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) {
      core::require(errno == 0, "cannot read the folder {}: {}", core::printable(folder), std::strerror(errno));
      break;
    }
    std::string name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
#ifdef DT_UNKNOWN  // POSIX does not know the kind of an entry; Linux, macOS and the BSDs do
    bool is_folder = entry->d_type == DT_DIR;
    bool is_file = entry->d_type == DT_REG;
    const bool is_unknown = entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
#else
    bool is_folder = false;
    bool is_file = false;
    const bool is_unknown = true;
#endif
    if (is_unknown) {
      struct stat status {};
      const bool found = ::fstatat(::dirfd(stream.get()), entry->d_name, &status, 0) == 0;
      is_folder = found && S_ISDIR(status.st_mode);
      is_file = !found || S_ISREG(status.st_mode);
    }
    if (is_folder) {
      names.folders.push_back(std::move(name));
    } else if (is_file) {
      names.files.push_back(std::move(name));
    }
  }
  std::sort(names.folders.begin(), names.folders.end());
  std::sort(names.files.begin(), names.files.end());
  return names;
}

/// The files below `root` for which `wanted(name)` holds, as paths relative to `root`: folder by folder in the bytewise
/// order of the folders' paths, in each by name. Links to folders are followed. Throws Error naming the folder that
/// cannot be read, or that leads back to one above it.
template <class Wanted>
std::vector<std::string> list_files(const std::filesystem::path& root, const Wanted& wanted) {
  std::vector<std::pair<std::string, std::vector<std::string>>> folders;  // "" or "a/b/", the names in it
  std::vector<std::pair<dev_t, ino_t>> above;
  const auto walk = [&](const auto& self, const std::string& prefix) -> void {
    const std::filesystem::path folder = prefix.empty() ? root : root / prefix.substr(0, prefix.size() - 1);
    struct stat status {};
    core::require(::stat(folder.c_str(), &status) == 0, "cannot read the folder {}: {}", core::printable(folder),
                  std::strerror(errno));
    const std::pair identity{status.st_dev, status.st_ino};
    core::require(std::find(above.begin(), above.end(), identity) == above.end(),
                  "the folder {} is a link to a folder above it: its files have no end", core::printable(folder));
    FolderNames names = list_folder(folder);
    std::erase_if(names.files, [&](const std::string& name) { return !wanted(name); });
    folders.emplace_back(prefix, std::move(names.files));
    above.push_back(identity);
    for (const std::string& name : names.folders) {
      self(self, prefix + name + '/');
    }
    above.pop_back();
  };
  walk(walk, "");
  // Python compares the paths without the slash at the end, so "a-b" comes before "a/c".
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) {
    const std::string_view left(a.first), right(b.first);
    return left.substr(0, left.empty() ? 0 : left.size() - 1) < right.substr(0, right.empty() ? 0 : right.size() - 1);
  });
  std::vector<std::string> files;
  for (const auto& [prefix, names] : folders) {
    for (const std::string& name : names) {
      files.push_back(prefix + name);
    }
  }
  return files;
}

}  // namespace hearth::datasets
