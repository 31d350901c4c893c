#pragma once

#include <hearth/archive/extract.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include <hearth/archive/archive_reader.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

HEARTH_INLINE std::filesystem::path path_inside(const std::string& name, const std::filesystem::path& archive) {
  const std::filesystem::path given(name);
  core::require(!given.is_absolute(), "{}: the entry {} has an absolute path and is refused", core::printable(archive),
                core::printable(name));
  std::filesystem::path inside;
  for (const std::filesystem::path& part : given) {
    core::require(part != "..", "{}: the entry {} points outside the folder it is extracted to and is refused",
                  core::printable(archive), core::printable(name));
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
  void check(bool done) const {
    core::require(done, "cannot write {}: {}", core::printable(path_), std::strerror(errno));
  }

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
    core::require(!is_link, "cannot extract into {}: it is a link", core::printable(path));
    core::make_folder(path);
    made_.insert(folder.native());
  }

 private:
  const std::filesystem::path& target_;
  std::set<std::string> made_;
};

}  // namespace detail

HEARTH_INLINE std::size_t extract_archive(const std::filesystem::path& archive, const std::filesystem::path& target,
                                          const ExtractOptions& options) {
  const auto place = [&](const std::string& name) {
    const std::filesystem::path own = archives::path_inside(name, archive);
    return options.place ? archives::path_inside(options.place(name), archive) : own;
  };
  std::size_t total = 0;
  for (archives::ArchiveReader reader(archive); reader.next();) {
    const bool is_file = reader.kind() == archives::EntryKind::file;
    core::require(is_file || reader.kind() == archives::EntryKind::folder,
                  "{}: the entry {} is a link or a device and is refused: only files and folders are extracted",
                  core::printable(archive), core::printable(reader.name()));
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
