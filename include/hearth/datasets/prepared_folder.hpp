/// Makes a folder of files that is complete or absent, however the run that makes it ends.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>

namespace hearth::datasets {

namespace detail {

/// A folder that this process alone works in until the lock goes; other processes and threads wait for it.
class LockedFolder {
 public:
  explicit LockedFolder(const std::filesystem::path& path) {
    if (path.has_parent_path()) {
      core::make_folder(path.parent_path());
    }
    for (;;) {
      const bool is_there = ::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST;
      core::require(is_there, "cannot make the folder {}: {}", path.string(), std::strerror(errno));
      descriptor_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (descriptor_ < 0 && errno == ENOENT) {
        continue;  // whoever had it has just renamed it
      }
      core::require(descriptor_ >= 0, "cannot open the folder {}: {}", path.string(), std::strerror(errno));
      while (::flock(descriptor_, LOCK_EX) != 0) {
        core::require(errno == EINTR, "cannot lock the folder {}: {}", path.string(), std::strerror(errno));
      }
      struct stat locked {};
      struct stat named {};
      if (::fstat(descriptor_, &locked) == 0 && ::stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
          locked.st_dev == named.st_dev) {
        return;
      }
      ::close(std::exchange(descriptor_, -1));
    }
  }
  LockedFolder(const LockedFolder&) = delete;
  LockedFolder& operator=(const LockedFolder&) = delete;
  ~LockedFolder() { ::close(descriptor_); }

  /// Waits until all that was written in the folder's file system is on the disk.
  void flush(const std::filesystem::path& path) const {
#ifdef __linux__
    core::require(::syncfs(descriptor_) == 0, "cannot write {}: {}", path.string(), std::strerror(errno));
#else
    static_cast<void>(path);
    ::sync();
#endif
  }

 private:
  int descriptor_ = -1;
};

inline bool is_empty_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) && std::filesystem::is_empty(path, error) && !error;
}

inline void clear_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator next(path, error), end; !error && next != end; next.increment(error)) {
    entries.push_back(next->path());
  }
  for (const std::filesystem::path& entry : entries) {
    if (!error) {
      std::filesystem::remove_all(entry, error);
    }
  }
  core::require(!error, "cannot clear the folder {}, left by an earlier run: {}", path.string(), error.message());
}

}  // namespace detail

/// Has `prepare_folder` finished this one?
inline bool is_prepared_folder(const std::filesystem::path& target) {
  std::error_code error;
  return std::filesystem::is_regular_file(target / ".prepared", error);
}

/// Makes the folder `target` with what `fill(part)` writes into the folder that it is given, unless an earlier run has
/// done so. Returns whether it called `fill`.
///
/// `fill` works in `target`.part; at the end the note that it returns is written there as `.prepared`, all is flushed
/// to the disk, and the folder gets its name. So `target` is absent (or empty, as before) or complete. What a killed
/// run left aside is cleared by the next; when `fill` throws nothing is left. Of several processes or threads that ask
/// at once, one fills and the others wait for it. Throws Error when `target` has files in it that no such run has made.
inline bool prepare_folder(std::filesystem::path target,
                           const std::function<std::string(const std::filesystem::path& part)>& fill) {
  namespace fs = std::filesystem;
  if (!target.has_filename()) {
    target = target.parent_path();  // "name/"
  }
  if (is_prepared_folder(target)) {
    return false;
  }
  std::error_code error;
  fs::path part = target;
  part += ".part";
  const detail::LockedFolder lock(part);
  if (is_prepared_folder(target)) {
    fs::remove(part, error);  // another process was quicker, and this one has made an empty folder since
    return false;
  }
  const bool is_free = !fs::exists(fs::symlink_status(target, error)) || detail::is_empty_folder(target);
  if (!is_free) {
    fs::remove(part, error);
    core::fail(
        "{} is in the way: it is there already, and it is not a folder that was prepared here; name another folder, or "
        "remove it",
        target.string());
  }
  try {
    detail::clear_folder(part);
    const std::string note = fill(part);
    core::write_file(part / ".prepared", note);
    lock.flush(part);
    fs::rename(part, target, error);  // takes the place of an empty folder, too
    core::require(!error, "cannot rename {} to {}: {}", part.string(), target.string(), error.message());
  } catch (...) {
    fs::remove_all(part, error);
    throw;
  }
  return true;
}

}  // namespace hearth::datasets
