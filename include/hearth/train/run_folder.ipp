#pragma once

#include <hearth/train/run_folder.hpp>

#include <unistd.h>

#include <map>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/folder_lock.hpp>
#include <hearth/train/checkpoint_files.hpp>

namespace hearth {

namespace train::detail {

/// A folder that this process holds.
struct HeldFolder {
  core::FolderLock lock;
  RunStart start;
};

/// The folders that this process holds, by process and path.
struct HeldLocks {
  std::mutex mutex;
  // A process that was forked off holds none of its parent's.
  std::map<std::pair<pid_t, std::filesystem::path>, std::weak_ptr<const HeldFolder>> by_folder;

  static HeldLocks& all() {
    static HeldLocks* const locks = new HeldLocks;  // never destroyed: static objects may hold folders
    return *locks;
  }
};

/// The files of a run in its folder, those of them that are there.
HEARTH_INLINE std::vector<std::filesystem::path> run_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found = checkpoint_files(folder);
  std::error_code error;
  for (const char* const name : {"best.pth", "last.pth", "metrics.jsonl", "metrics.csv", "curves.png"}) {
    if (std::filesystem::exists(folder / name, error)) {
      found.push_back(folder / name);
    }
  }
  return found;
}

/// What else a run or its evaluation leaves in its folder, as far as it is there: a folder with these alone holds no
/// run yet.
HEARTH_INLINE std::vector<std::filesystem::path> shown_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const char* const name : {"report.html", "command.txt", "summary.txt", "environment.txt", "confusion_matrix.png",
                                 "confusion_matrix.csv", "report.txt", "reliability.png", "predictions.png",
                                 "predictions.json", "worst.png", "wandb-id.txt", "mlflow-id.txt"}) {
    if (std::filesystem::exists(folder / name, error)) {
      found.push_back(folder / name);
    }
  }
  for (const std::filesystem::path& events : {folder / "tensorboard", folder / "tensorboard" / "steps"}) {
    for (std::filesystem::directory_iterator next(events, error), end; !error && next != end; next.increment(error)) {
      if (next->path().filename().native().starts_with("events.out.tfevents.")) {
        found.push_back(next->path());
      }
    }
  }
  return found;
}

/// Does with an earlier run's files what `start` says.
HEARTH_INLINE void begin_run(const std::filesystem::path& folder, RunStart start) {
  std::vector<std::filesystem::path> files = run_files(folder);
  if (files.empty()) {
    return;
  }
  core::require(start != RunStart::fresh,
                "RunFolder: {} holds an earlier run ({}): resume it, choose another folder, or overwrite it "
                "(RunStart::resume, RunStart::overwrite; in the programs --resume, --overwrite)",
                folder.string(), files.front().filename().string());
  if (start == RunStart::resume) {
    core::require(!checkpoint_files(folder).empty(),
                  "RunFolder: {} holds an earlier run ({}) without a checkpoint to resume from: choose another folder, "
                  "or overwrite it (RunStart::overwrite; in the programs --overwrite)",
                  folder.string(), files.front().filename().string());
    return;
  }
  const std::vector<std::filesystem::path> shown = shown_files(folder);
  files.insert(files.end(), shown.begin(), shown.end());
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    std::filesystem::remove(file, error);
    core::require(!error, "RunFolder: {} of an earlier run cannot be removed: {}", file.string(), error.message());
  }
}

}  // namespace train::detail

HEARTH_INLINE RunFolder::RunFolder(const std::filesystem::path& path, RunStart start) : path_(path) {
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
      lock = std::make_shared<const train::detail::HeldFolder>(
          train::detail::HeldFolder{core::FolderLock(path_ / ".lock"), start});
    } catch (const Error& failure) {
      core::fail("RunFolder: two runs cannot write to one folder: {}", failure.what());
    }
    train::detail::begin_run(path_, start);
    entry = lock;
  }
  start_ = lock->start;
  lock_ = std::move(lock);
}

HEARTH_INLINE RunFolder RunFolder::of_another_process(const std::filesystem::path& path, RunStart start) {
  RunFolder folder;
  folder.path_ = path;
  folder.start_ = start;
  return folder;
}

HEARTH_INLINE void RunFolder::require_held() const {
  core::require(lock_ != nullptr, "RunFolder: {} is another process's, and this one does not write there",
                path_.string());
}

}  // namespace hearth
