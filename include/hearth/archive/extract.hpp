/// Writes an archive's files below a folder, and nowhere else.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include <hearth/archive/archive_reader.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>

namespace hearth {

/// What `extract_archive` takes out, and whom it tells.
struct ExtractOptions {
  /// Gives the name below the target for an entry's name; an empty answer leaves the entry out. Left out itself, every
  /// entry keeps its name.
  std::function<std::string(const std::string& name)> place = {};
  /// Called after each file with the files written so far and in all. What it throws ends the extraction.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

}  // namespace hearth

namespace hearth::archives {

/// `name` as a path that stays below the folder it is taken in: neither absolute nor with a `..` in it; `.` and doubled
/// slashes fall away. Throws Error naming `archive` and the entry otherwise.
inline std::filesystem::path path_inside(const std::string& name, const std::filesystem::path& archive) {
  const std::filesystem::path given(name);
  core::require(!given.is_absolute(), "{}: the entry {} has an absolute path and is refused", archive.string(), name);
  std::filesystem::path inside;
  for (const std::filesystem::path& part : given) {
    core::require(part != "..", "{}: the entry {} points outside the folder it is extracted to and is refused",
                  archive.string(), name);
    if (!part.empty() && part != ".") {
      inside /= part;
    }
  }
  return inside;
}

}  // namespace hearth::archives

namespace hearth {

namespace detail {

/// A new file. It replaces what stands in its place without ever following a link.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path) : path_(path), descriptor_(open()) {
    if (descriptor_ < 0 && errno == EEXIST && ::unlink(path_.c_str()) == 0) {
      descriptor_ = open();
    }
    check(descriptor_ >= 0);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) {
        continue;
      }
      check(count >= 0);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void close() { check(::close(std::exchange(descriptor_, -1)) == 0); }

 private:
  int open() const noexcept {
    return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  }
  void check(bool done) const { core::require(done, "cannot write {}: {}", path_.string(), std::strerror(errno)); }

  const std::filesystem::path& path_;
  int descriptor_;
};

/// Makes folders below `target`, and refuses to go through a link that stands there already.
class FoldersInside {
 public:
  explicit FoldersInside(const std::filesystem::path& target) : target_(target) {}

  /// `folder` is relative to the target.
  void make(const std::filesystem::path& folder) {
    if (folder.empty() || made_.contains(folder.native())) {
      return;
    }
    make(folder.parent_path());
    const std::filesystem::path path = target_ / folder;
    std::error_code error;
    const bool is_link = std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::symlink;
    core::require(!is_link, "cannot extract into {}: it is a link", path.string());
    core::make_folder(path);
    made_.insert(folder.native());
  }

 private:
  const std::filesystem::path& target_;
  std::set<std::string> made_;
};

}  // namespace detail

/// Writes the archive's files below `target`, which is made if it isn't there, and returns how many there were. It goes
/// through the archive twice, first to look at every name: an archive with an entry that points outside the target (an
/// absolute path, a `..`), with a link, a device or a name that `place` sends outside is refused before anything is
/// written. Files and folders that stand in the way of new files are replaced; links are never followed. Throws Error
/// naming archive and entry, or the file that cannot be written; what was written until then stays, so give it a folder
/// of its own where that matters (`prepare_folder` does).
inline std::size_t extract_archive(const std::filesystem::path& archive, const std::filesystem::path& target,
                                   const ExtractOptions& options = {}) {
  const auto place = [&](const std::string& name) {
    const std::filesystem::path own = archives::path_inside(name, archive);
    return options.place ? archives::path_inside(options.place(name), archive) : own;
  };
  std::size_t total = 0;
  for (archives::ArchiveReader reader(archive); reader.next();) {
    const bool is_file = reader.kind() == archives::EntryKind::file;
    core::require(is_file || reader.kind() == archives::EntryKind::folder,
                  "{}: the entry {} is a link or a device and is refused: only files and folders are extracted",
                  archive.string(), reader.name());
    total += is_file && !place(reader.name()).empty() ? 1 : 0;
  }
  core::make_folder(target);
  detail::FoldersInside folders(target);
  std::size_t done = 0;
  for (archives::ArchiveReader reader(archive); reader.next();) {
    const std::filesystem::path name = place(reader.name());
    if (name.empty()) {
      continue;
    }
    if (reader.kind() == archives::EntryKind::folder) {
      folders.make(name);
      continue;
    }
    folders.make(name.parent_path());
    const std::filesystem::path path = target / name;
    detail::NewFile file(path);
    for (auto part = reader.read_some(); !part.empty(); part = reader.read_some()) {
      file.write(part);
    }
    file.close();
    if (options.progress) {
      options.progress(++done, total);
    } else {
      ++done;
    }
  }
  return done;
}

}  // namespace hearth
