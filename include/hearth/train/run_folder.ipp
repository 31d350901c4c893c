#pragma once

#include <hearth/train/run_folder.hpp>

#include <unistd.h>

#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/folder_lock.hpp>

namespace hearth {

namespace train::detail {

/// The locks that this process holds, by process and folder.
struct HeldLocks {
  std::mutex mutex;
  // A process that was forked off holds none of its parent's.
  std::map<std::pair<pid_t, std::filesystem::path>, std::weak_ptr<const core::FolderLock>> by_folder;

  static HeldLocks& all() {
    static HeldLocks* const locks = new HeldLocks;  // never destroyed: static objects may hold folders
    return *locks;
  }
};

}  // namespace train::detail

HEARTH_INLINE RunFolder::RunFolder(const std::filesystem::path& path) : path_(path) {
  core::require(!path.empty(), "RunFolder: the path of the run's folder is empty");
  core::make_folder(path_);
  auto& held = train::detail::HeldLocks::all();
  const std::lock_guard guard(held.mutex);
  std::error_code error;
  auto canonical = std::filesystem::canonical(path_, error);
  auto& entry = held.by_folder[{::getpid(), error ? path_ : canonical}];
  auto lock = entry.lock();
  if (lock == nullptr) {
    try {
      lock = std::make_shared<const core::FolderLock>(path_ / ".lock");
    } catch (const Error& failure) {
      core::fail("RunFolder: two runs cannot write to one folder: {}", failure.what());
    }
    entry = lock;
  }
  lock_ = std::move(lock);
}

}  // namespace hearth
