#pragma once

#include <hearth/weights/find.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth {

namespace detail {

/// Python's os.path.expanduser: "~/x" is in $HOME, or, where that is not set, in the user's folder; "~name/x" is in
/// that user's. The path of a user who does not exist stays as it is.
HEARTH_INLINE std::string expand_user(const std::string& path) {
  if (!path.starts_with('~')) {
    return path;
  }
  const std::string name = path.substr(1, path.find('/') - 1);
  const char* const home = name.empty() ? std::getenv("HOME") : nullptr;
  std::string folder;
  if (home != nullptr) {
    folder = home;
  } else {
    std::array<char, 16384> memory{};
    passwd entry{};
    passwd* found = nullptr;
    if (name.empty()) {
      ::getpwuid_r(::getuid(), &entry, memory.data(), memory.size(), &found);
    } else {
      ::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
    }
    if (found == nullptr) {
      return path;
    }
    folder = found->pw_dir;
  }
  folder.erase(folder.find_last_not_of('/') + 1);
  folder += path.substr(1 + name.size());
  return folder.empty() ? "/" : folder;
}

}  // namespace detail

HEARTH_INLINE std::filesystem::path checkpoints_folder() {
  const char* const torch_home = std::getenv("TORCH_HOME");
  const char* const cache_home = std::getenv("XDG_CACHE_HOME");
  const std::filesystem::path home =
      torch_home != nullptr ? torch_home
                            : std::filesystem::path(cache_home != nullptr ? cache_home : "~/.cache") / "torch";
  return std::filesystem::path(detail::expand_user(home.string())) / "hub" / "checkpoints";
}

HEARTH_INLINE std::filesystem::path find_weights(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return path;
  }
  core::require(!path.empty(), "find_weights: the file's name is empty");
  const bool is_name = !path.has_parent_path();
  const std::filesystem::path cached = checkpoints_folder() / path.filename();
  if (is_name && std::filesystem::exists(cached, error)) {
    return cached;
  }
  core::require(
      !is_name,
      "find_weights: there is no file {} in {} and none in {}; download_weights(url) of hearth/weights/download.hpp "
      "puts it there, and so does Python's torch.hub",
      core::printable(path), core::printable(std::filesystem::current_path(error)),
      core::printable(cached.parent_path()));
  core::fail(
      "find_weights: there is no file {}; check the path, or give its name alone for a file in {}, where "
      "download_weights(url) and Python's torch.hub put theirs",
      core::printable(path), core::printable(cached.parent_path()));
}

}  // namespace hearth
