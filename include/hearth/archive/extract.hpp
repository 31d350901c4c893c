/// Writes an archive's files below a folder, and nowhere else.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth {

/// What `extract_archive` takes out, and whom it tells.
struct ExtractOptions {
  /// Gives the name below the target for an entry's name; an empty answer leaves the entry out. Left out itself, every
  /// entry keeps its name.
  std::function<std::string(const std::string& name)> place = {};
  /// Called after each file with the files written so far and in all. What it throws ends the extraction.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

/// Writes the archive's files below `target`, which is made where it is not there, and returns how many there were. It
/// goes through the archive twice, first to look at every name: an archive with an entry that points outside the target
/// (an absolute path, a `..`), with a link, a device or a name that `place` sends outside is refused before anything is
/// written. Files and folders that stand in the way of new files are replaced; links are never followed. Throws Error
/// naming archive and entry, or the file that cannot be written; what was written until then stays, so give it a folder
/// of its own where that matters (`prepare_folder` does).
std::size_t extract_archive(const std::filesystem::path& archive, const std::filesystem::path& target,
                            const ExtractOptions& options = {});

}  // namespace hearth

namespace hearth::archives {

/// `name` as a path that stays below the folder it is taken in: neither absolute nor with a `..` in it; `.` and doubled
/// slashes fall away. Throws Error naming `archive` and the entry otherwise.
std::filesystem::path path_inside(const std::string& name, const std::filesystem::path& archive);

}  // namespace hearth::archives

#ifndef HEARTH_COMPILED
#include <hearth/archive/extract.ipp>
#endif
