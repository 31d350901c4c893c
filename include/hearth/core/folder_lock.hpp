/// One program at a time works in a folder: a lock for every file system, also between hosts and containers.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth::core {

struct FolderLockOptions {
  std::chrono::milliseconds lease = std::chrono::seconds(60);  ///< without a sign of life for so long, a holder is dead
  std::chrono::milliseconds beat = std::chrono::seconds(10);   ///< between two signs of life; far below the lease
};

/// A lock that is a file, by custom `.lock` in the folder that it stands for, or `folder.lock` beside it. While an
/// object lives, its process holds the lock, and every other object for the same file, in this or another process, on
/// this or another host, gets none.
///
/// flock and fcntl are local to a host on many shared file systems, so the file itself is the lock: it is made with
/// O_EXCL and says who holds it. A thread of the object's touches it every `beat`. A lock is stale when its holder was
/// a process of this machine that runs no more, or, for holders elsewhere, when it has not been touched for the `lease`
/// (by the clock of the file system). The next to come takes a stale lock over; of several, one gets it. A holder that
/// was not dead but stopped for longer than the lease finds out by `is_held()`.
class FolderLock {
 public:
  using Options = FolderLockOptions;

  /// Takes the lock. Throws Error at once when another has it, naming the holder: program, process, host and since
  /// when; and when the file cannot be made, or is there and no lock. The file's folder must exist.
  explicit FolderLock(const std::filesystem::path& file, Options options = {});

  /// Takes the lock, and waits while another has it. `on_wait` is called with a sentence about the holder, once for
  /// each. What it throws ends the wait.
  static FolderLock wait(const std::filesystem::path& file, const std::function<void(const std::string&)>& on_wait = {},
                         Options options = {});

  FolderLock(FolderLock&&) noexcept;
  FolderLock& operator=(FolderLock&&) noexcept;
  /// Removes the file, if it is still this object's.
  ~FolderLock();

  /// Whether the lock was still this object's when that was last looked at, which is every `beat`.
  bool is_held() const noexcept;

  /// Looks now. Throws Error when another has taken the lock over, or somebody has removed its file.
  void require_held() const;

 private:
  struct State;
  explicit FolderLock(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/folder_lock.ipp>
#endif
