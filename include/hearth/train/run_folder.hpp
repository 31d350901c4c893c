/// The folder of a run, which one program at a time writes to.
#pragma once

#include <concepts>
#include <filesystem>
#include <memory>

#include <hearth/core/inline.hpp>

namespace hearth {

/// What to do with a folder that holds an earlier run.
enum class RunStart {
  fresh,      ///< refuse it
  resume,     ///< go on from its last checkpoint, or begin where it has no files of a run yet
  overwrite,  ///< remove the earlier run's files
};

/// Makes a run's folder and locks it for as long as this object or a copy of it lives. What writes into the folder
/// holds one: SaveBest, SaveLast, RunLog and Curves, each of which takes a path or a RunFolder. All that hold the
/// same folder in one process share its lock.
///
///     RunFolder folder{"runs/tiny"};  // RunFolder{"runs/tiny", RunStart::overwrite} begins anew in a used one
///     Trainer trainer{model, optimizer, {.epochs = 25}, RunLog{folder, MetricsLog{}}, SaveBest{folder}};
class RunFolder {
 public:
  /// Throws Error when the folder cannot be made, when another process holds it (then it says which), and when it holds
  /// an earlier run that `start` does not allow for. In a process that holds the folder already, `start` is that of the
  /// first.
  RunFolder(const std::filesystem::path& path, RunStart start = RunStart::fresh);
  template <std::convertible_to<std::filesystem::path> Path>
  RunFolder(const Path& path, RunStart start = RunStart::fresh) : RunFolder(std::filesystem::path(path), start) {}

  /// The folder of a run that another process makes and holds, as rank 0 does for all that train together. It is only
  /// named: nothing is made, locked or removed, and what writes into a run's folder refuses to write into this one.
  static RunFolder of_another_process(const std::filesystem::path& path, RunStart start = RunStart::fresh);

  RunStart start() const noexcept { return start_; }  ///< what it was opened for

  /// Throws Error unless this process holds the folder.
  void require_held() const;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// The path of a file in it.
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  RunFolder() = default;

  std::filesystem::path path_;
  RunStart start_ = RunStart::fresh;
  std::shared_ptr<const void> lock_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/run_folder.ipp>
#endif
