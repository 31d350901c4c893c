/// The folder of a run, which one program at a time writes to.
#pragma once

#include <concepts>
#include <filesystem>
#include <memory>

#include <hearth/core/inline.hpp>

namespace hearth {

/// Makes a run's folder and locks it for as long as this object or a copy of it lives. What writes into the folder
/// holds one: SaveBest, SaveLast, MetricsLog and Curves, each of which takes a path or a RunFolder. All that hold the
/// same folder in one process share its lock.
///
///     RunFolder folder{"runs/tiny"};
///     Trainer trainer{model, optimizer, {.epochs = 25}, MetricsLog{folder}, SaveBest{folder}};
class RunFolder {
 public:
  /// Throws Error when the folder cannot be made, or when another process holds it: then it says which.
  RunFolder(const std::filesystem::path& path);
  template <std::convertible_to<std::filesystem::path> Path>
  RunFolder(const Path& path) : RunFolder(std::filesystem::path(path)) {}

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const void> lock_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/run_folder.ipp>
#endif
