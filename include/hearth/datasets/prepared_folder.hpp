/// Makes a folder of files that is complete or absent, however the run that makes it ends.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/folder_lock.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/core/process.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

namespace detail {

/// Waits until all that was written in the folder's file system is on the disk.
inline void flush_file_system(const std::filesystem::path& folder) {
#ifdef __linux__
  const core::Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  core::require(descriptor && ::syncfs(descriptor.number()) == 0, "cannot write {}: {}", core::printable(folder),
                std::strerror(errno));
#else
  static_cast<void>(folder);
  ::sync();
#endif
}

/// The folder that a path leads to by symbolic links, whether it is there or not, without a slash at its end.
inline std::filesystem::path without_links(std::filesystem::path path) {
  constexpr int most = 40;  // as Linux follows
  std::error_code error;
  for (int i = 0;; ++i) {
    if (!path.has_filename()) {
      path = path.parent_path();  // "name/"
    }
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) {
      return path;
    }
    const std::filesystem::path next = std::filesystem::read_symlink(path, error);
    core::require(!error && i < most, "cannot prepare {}: {}", core::printable(path),
                  error ? error.message() : "it is a link that leads to itself");
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
}

/// Removes the folder `target` where it is empty, so that another can get its name. Returns whether it was there.
/// Throws Error when it has files in it, and when it is a mount point, which keeps its name.
inline bool make_way(const std::filesystem::path& target) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(target, error))) {
    return false;
  }
  const bool is_empty =
      std::filesystem::is_directory(target, error) && std::filesystem::is_empty(target, error) && !error;
  core::require(is_empty,
                "{} is in the way: it is there already, and it is not a folder that was prepared here; name another "
                "folder, or remove it",
                core::printable(target));
  if (!std::filesystem::remove(target, error)) {
    core::fail("{} cannot be replaced ({}); name a folder in it, such as {}", core::printable(target),
               error == std::errc::device_or_resource_busy ? "it is a mount point" : error.message(),
               core::printable(target / "prepared"));
  }
  return true;
}

/// Removes what killed runs have left beside the folder: NAME.part-, then 16 hexadecimal digits. Each run has a name of
/// its own for that, so that one that has stood still until another took its lock cannot write among the other's files.
inline void remove_old_parts(const std::filesystem::path& target) {
  const std::string prefix = target.filename().string() + ".part-";
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  std::vector<std::filesystem::path> parts;
  for (const std::string& name : list_folder(folder).folders) {
    if (name.starts_with(prefix) && name.size() == prefix.size() + 16 &&
        name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos) {
      parts.push_back(folder / name);
    }
  }
  for (const std::filesystem::path& part : parts) {
    std::error_code error;
    std::filesystem::remove_all(part, error);
    core::require(!error, "cannot remove the folder {}, left by an earlier run: {}", core::printable(part),
                  error.message());
  }
}

}  // namespace detail

/// The note of a folder that `prepare_folder` makes.
inline constexpr const char* prepared_note = ".prepared";

/// Has `prepare_folder` finished this one?
inline bool is_prepared_folder(const std::filesystem::path& target) {
  std::error_code error;
  return std::filesystem::is_regular_file(target / prepared_note, error);
}

/// Makes the folder `target` with what `fill(part)` writes into the folder that it is given, unless an earlier run has
/// done so. Returns whether it called `fill`. Where it did not, the folder can be another run's, with another note: the
/// caller compares.
///
/// `fill` works in a folder beside, `target`.part-DIGITS; at the end the note that it returns is written there as
/// `.prepared`, all is flushed to the disk, and the folder gets its name. So `target` is absent (or empty, as before)
/// or complete. What a killed run left aside is cleared by the next; when `fill` throws nothing is left. Of several
/// processes or threads that ask at once, on this host or others, one fills and the others wait for it
/// (core::FolderLock at `target`.lock). Where `target` is a link, the folder that it leads to is made. Throws Error,
/// before any work, when `target` has files in it that no such run has made, when it is a mount point, or when nothing
/// can be made beside it.
inline bool prepare_folder(const std::filesystem::path& folder,
                           const std::function<std::string(const std::filesystem::path& part)>& fill) {
  namespace fs = std::filesystem;
  const fs::path target = detail::without_links(folder);
  if (is_prepared_folder(target)) {
    return false;
  }
  if (target.has_parent_path()) {
    core::make_folder(target.parent_path());
  }
  fs::path lock_file = target;
  lock_file += ".lock";
  const core::FolderLock lock = core::FolderLock::wait(lock_file);
  if (is_prepared_folder(target)) {
    return false;  // another run was quicker
  }
  detail::remove_old_parts(target);
  const bool was_there = detail::make_way(target);
  fs::path part = target;
  part += ".part-" + core::random_digits();
  std::error_code error;
  try {
    core::make_folder(part);
    const std::string note = fill(part);
    core::write_file(part / prepared_note, note);
    detail::flush_file_system(part);
    lock.require_held();
    fs::rename(part, target, error);
    core::require(!error, "cannot rename {} to {}: {}", core::printable(part), core::printable(target),
                  error.message());
  } catch (...) {
    fs::remove_all(part, error);
    if (was_there && lock.is_held()) {
      fs::create_directory(target, error);
    }
    throw;
  }
  return true;
}

}  // namespace hearth::datasets
