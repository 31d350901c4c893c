/// The files of a data set as it is downloaded, in an archive or a folder, and what of them goes where.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/archive/archive_content.hpp>
#include <hearth/archive/archive_reader.hpp>
#include <hearth/archive/extract.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

/// What tells a source from another one, in a line, and cheaply: it is asked for at each start.
inline std::string content_of(const std::filesystem::path& source) {
  std::error_code error;
  if (std::filesystem::is_directory(source, error)) {
    std::string names;
    const std::vector<std::string> files = list_files(source, [](const std::string&) { return true; });
    for (const std::string& name : files) {
      names += name + '\n';
    }
    return fmt::format("a folder of {} files, checksum of names {:08x}", files.size(),
                       core::crc32(std::as_bytes(std::span(names))));
  }
  return archives::content_of_archive(source);
}

/// What `SourceFiles::write` does with the files of a folder.
enum class FromFolder {
  copy,  ///< copies, always
  link,  ///< hard links where the file system allows them, copies where it does not
};

/// How many files came to the target in which way.
struct WrittenFiles {
  std::size_t extracted = 0;
  std::size_t linked = 0;
  std::size_t copied = 0;
};

/// The files in an archive or below a folder.
class SourceFiles {
 public:
  /// Goes through the names, and reads the files for which `is_text(name)` holds. Throws Error naming the source when
  /// it is damaged or has an entry that points outside.
  explicit SourceFiles(
      std::filesystem::path path,
      const std::function<bool(const std::string&)>& is_text = [](const std::string&) { return false; })
      : path_(std::move(path)) {
    const auto keep = [&](const std::string& name, const auto& read) {
      if (is_text(name)) {
        const std::vector<std::byte> bytes = read();
        texts_[name].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
    };
    if (is_folder()) {
      names_ = list_files(path_, [](const std::string&) { return true; });
      for (const std::string& name : names_) {
        keep(name, [&] { return core::read_file(path_ / name); });
      }
      return;
    }
    for (archives::ArchiveReader archive(path_); archive.next();) {
      if (archive.kind() == archives::EntryKind::file) {
        names_.push_back(inside(archive.name()));
        keep(names_.back(), [&] { return archive.read(); });
      } else if (archive.kind() == archives::EntryKind::folder) {
        folders_.insert(inside(archive.name()));
      }
    }
  }

  const std::filesystem::path& path() const noexcept { return path_; }

  /// The names of all files, from the source's top, with slashes.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// What is in the files that `is_text` chose, by name.
  const std::map<std::string, std::string>& texts() const noexcept { return texts_; }

  /// Is there a folder of this name ("Food-11/training"), even if no file is in it?
  bool has_folder(const std::string& name) const {
    std::error_code error;
    return is_folder() ? std::filesystem::is_directory(path_ / name, error)
                       : folders_.contains(name) || std::any_of(names_.begin(), names_.end(), [&](const auto& file) {
                           return file.starts_with(name + '/');
                         });
  }

  /// Writes each file to `target`/`place(name)`, where an empty answer leaves it out, and calls `progress`, if there is
  /// one, after each with the files written so far and in all. Throws Error, before anything is written, when two files
  /// would have one name, or names that differ in nothing but upper and lower case: on some file systems the second
  /// replaces the first.
  WrittenFiles write(const std::filesystem::path& target, const std::function<std::string(const std::string&)>& place,
                     FromFolder from_folder, const std::function<void(std::size_t, std::size_t)>& progress) const {
    const std::vector<std::pair<std::string, std::string>> pairs = placed(place);
    if (!is_folder()) {
      return {.extracted = extract_archive(path_, target,
                                           {[&](const std::string& name) { return place(inside(name)); }, progress})};
    }
    WrittenFiles written;
    for (const auto& [from, to] : pairs) {
      const std::filesystem::path path = target / to;
      core::make_folder(path.parent_path());
      if (from_folder == FromFolder::link && link(path_ / from, path)) {
        ++written.linked;
      } else {
        std::error_code error;
        std::filesystem::copy_file(path_ / from, path, error);
        core::require(!error, "cannot copy {} to {}: {}", core::printable(path_ / from), core::printable(path),
                      error.message());
        ++written.copied;
      }
      if (progress) {
        progress(written.linked + written.copied, pairs.size());
      }
    }
    return written;
  }

 private:
  bool is_folder() const {
    std::error_code error;
    return std::filesystem::is_directory(path_, error);
  }

  std::string inside(const std::string& name) const { return archives::path_inside(name, path_).generic_string(); }

  /// Gives the file a second name; where it is a symbolic link, the file that this leads to. Returns whether it could.
  static bool link(const std::filesystem::path& from, const std::filesystem::path& to) noexcept {
    return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }

  /// The files that go somewhere, with where.
  std::vector<std::pair<std::string, std::string>> placed(
      const std::function<std::string(const std::string&)>& place) const {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::unordered_map<std::string, const std::string*> taken;  // by the name in lower case
    for (const std::string& name : names_) {
      std::string to = place(name);
      if (to.empty()) {
        continue;
      }
      std::string lower = to;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const auto [first, is_new] = taken.emplace(std::move(lower), &name);
      if (!is_new) {
        core::require(*first->second != name, "{} has the file {} twice", core::printable(path_),
                      core::printable(name));
        core::fail("{} has {} and {}, which would be one file where upper and lower case count as the same",
                   core::printable(path_), core::printable(*first->second), core::printable(name));
      }
      pairs.emplace_back(name, std::move(to));
    }
    return pairs;
  }

  std::filesystem::path path_;
  std::vector<std::string> names_;
  std::set<std::string> folders_;  // those that an archive has entries for
  std::map<std::string, std::string> texts_;
};

}  // namespace hearth::datasets
