/// A file that a run writes again and again.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth::train {

/// A file of a run's folder. When it cannot be written, on a full disk, say, training goes on: stderr is told so, once
/// until it succeeds again. Only when the last attempt of a whole run has failed is that an Error, at the run's end.
class RunFile {
 public:
  RunFile(RunFolder folder, std::string_view name);

  /// Calls `write(path)`, which may throw Error.
  void write(const std::function<void(const std::filesystem::path&)>& write);

  /// The run is over. Throws Error when the last `write` failed.
  void finish() const;

 private:
  RunFolder folder_;
  std::filesystem::path path_;
  std::string failure_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/run_file.ipp>
#endif
