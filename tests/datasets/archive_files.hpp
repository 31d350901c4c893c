/// Archives made by hand, and what is below a folder.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

namespace hearth_test {

/// Names of files, with what is in them.
using Files = std::map<std::string, std::string>;

/// Writes an archive, in the format that `set_up` chooses: each pair of `files` becomes an entry with `top` before its
/// name, but one that begins with "../". A name that ends with a slash becomes a folder.
template <class Pairs, class SetUp>
std::filesystem::path write_archive(const std::filesystem::path& path, const Pairs& files, const std::string& top,
                                    const SetUp& set_up) {
  ::archive* const writer = archive_write_new();
  set_up(writer);
  std::filesystem::create_directories(path.parent_path());
  REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* const entry = archive_entry_new();
    const bool is_folder = name.ends_with('/');
    archive_entry_set_pathname(entry, (name.starts_with("../") ? name : top + name).c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, is_folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, is_folder ? 0755 : 0644);
    REQUIRE(archive_write_header(writer, entry) >= ARCHIVE_WARN);  // which it gives for a name that is not ASCII
    REQUIRE(archive_write_data(writer, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    archive_entry_free(entry);
  }
  REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
  archive_write_free(writer);
  return path;
}

/// A zip file, uncompressed.
template <class Pairs>
std::filesystem::path write_zip(const std::filesystem::path& path, const Pairs& files, const std::string& top) {
  return write_archive(path, files, top, [](::archive* writer) {
    archive_write_set_format_zip(writer);
    archive_write_zip_set_compression_store(writer);
  });
}

/// A zip file, deflated.
template <class Pairs>
std::filesystem::path write_deflated_zip(const std::filesystem::path& path, const Pairs& files,
                                         const std::string& top) {
  return write_archive(path, files, top, [](::archive* writer) {
    archive_write_set_format_zip(writer);
    archive_write_zip_set_compression_deflate(writer);
  });
}

/// A tar archive as POSIX has it.
template <class Pairs>
std::filesystem::path write_tar(const std::filesystem::path& path, const Pairs& files, const std::string& top) {
  return write_archive(path, files, top, [](::archive* writer) { archive_write_set_format_pax_restricted(writer); });
}

/// The same, packed with gzip.
template <class Pairs>
std::filesystem::path write_tar_gz(const std::filesystem::path& path, const Pairs& files, const std::string& top) {
  return write_archive(path, files, top, [](::archive* writer) {
    archive_write_set_format_pax_restricted(writer);
    archive_write_add_filter_gzip(writer);
  });
}

/// All files below a folder but the mark of completion.
inline Files files_below(const std::filesystem::path& folder) {
  Files files;
  for (const std::filesystem::directory_entry& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != ".prepared") {
      files[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
    }
  }
  return files;
}

/// The names that a folder has.
inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

}  // namespace hearth_test
