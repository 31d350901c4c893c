/// Files that a run writes again and again.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth::train {

/// What a run does about a write that fails, on a full disk, say: training goes on. Stderr is told so, once until a
/// write succeeds again. Only when the last attempt of a whole run has failed is that an Error, at the run's end.
class WriteAttempts {
 public:
  /// Calls `write()`, which may throw Error.
  void attempt(const std::function<void()>& write);

  /// The run is over. Throws Error when the last attempt failed.
  void finish() const;

 private:
  std::string failure_;
};

/// A file of a run's folder; a failure to write it is that of WriteAttempts.
class RunFile {
 public:
  RunFile(RunFolder folder, std::string_view name);

  /// Calls `write(path)`, which may throw Error.
  void write(const std::function<void(const std::filesystem::path&)>& write);

  /// The run is over. Throws Error when the last `write` failed.
  void finish() const { attempts_.finish(); }

 private:
  RunFolder folder_;
  std::filesystem::path path_;
  WriteAttempts attempts_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/run_file.ipp>
#endif
