/// The note in a prepared folder: which source it was made from, and which images it had then.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/datasets/prepared_folder.hpp>
#include <hearth/datasets/source_files.hpp>

namespace hearth::datasets {

/// What one data set's preparation has of its own.
struct PreparedKind {
  std::string_view name;                ///< "Tiny ImageNet": the note's first line, and the start of errors
  std::string_view key;                 ///< the name of the data set's own line in the note: "test"
  std::string_view words;               ///< what follows that line's value in a sentence: " test images"
  std::vector<std::string_view> parts;  ///< the folders that have the images: "train", "val", "test"
};

/// What stands in the note.
struct PreparedNote {
  std::string content;  ///< what tells one source from another: `content_of`
  std::string value;    ///< of the data set's own line
  std::string images;   ///< how many were written, and the checksum of their names
  std::string source;   ///< its path; last in the note, for it may have any character

  std::string text(const PreparedKind& kind) const {
    return fmt::format("{}\ncontent: {}\n{}: {}\nimages: {}\nsource: {}", kind.name, content, kind.key, value, images,
                       source);
  }

  /// For sentences.
  std::string describe(const PreparedKind& kind) const {
    return value.empty() ? fmt::format("{} ({})", core::printable(source), content)
                         : fmt::format("{} ({}; {}{})", core::printable(source), content, value, kind.words);
  }
};

/// What is in a text file.
inline std::string text_of(const std::filesystem::path& file) {
  const std::vector<std::byte> bytes = core::read_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The note of a prepared folder. Throws Error when it is another data set's, or cannot be understood.
inline PreparedNote read_note(const PreparedKind& kind, const std::filesystem::path& folder) {
  const std::string text = text_of(folder / prepared_note);
  const std::string first = text.substr(0, text.find('\n'));
  core::require(first == kind.name, "{}: {} was prepared as {}: name another folder", kind.name,
                core::printable(folder), core::printable(first));
  std::size_t at = std::min(first.size() + 1, text.size());
  const auto value = [&](std::string_view key, bool is_last) {
    const std::string before = fmt::format("{}: ", key);
    core::require(text.compare(at, before.size(), before) == 0,
                  "{}: {} was prepared by another version of this library; remove it, or name another folder",
                  kind.name, core::printable(folder));
    const std::size_t begin = at + before.size();
    const std::size_t end = is_last ? text.size() : std::min(text.find('\n', begin), text.size());
    at = std::min(end + 1, text.size());
    return text.substr(begin, end - begin);
  };
  PreparedNote note;
  note.content = value("content", false);
  note.value = value(kind.key, false);
  note.images = value("images", false);
  note.source = value("source", true);
  return note;
}

/// How many images there are below the kind's folders, and the checksum of their names.
inline std::string describe_images(const PreparedKind& kind, const std::filesystem::path& folder) {
  std::string names;
  std::size_t count = 0;
  for (const std::string_view part : kind.parts) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder / part, error)) {
      continue;
    }
    for (const std::string& name : list_files(folder / part, has_image_extension)) {
      names.append(part).append("/").append(name).append("\n");
      ++count;
    }
  }
  return fmt::format("{}, checksum of names {:08x}", count, core::crc32(std::as_bytes(std::span(names))));
}

/// The note of a prepared folder. Throws Error when image files were added since or removed, too.
inline PreparedNote require_unchanged(const PreparedKind& kind, const std::filesystem::path& folder) {
  PreparedNote note = read_note(kind, folder);
  const std::string now = describe_images(kind, folder);
  core::require(now == note.images,
                "{}: files were added to {} or removed since it was prepared (images then: {}; now: {}); remove it, "
                "and prepare it again",
                kind.name, core::printable(folder), note.images, now);
  return note;
}

/// Throws Error unless the source is a file or a folder. `target` is where it was to be prepared.
inline void require_source(const PreparedKind& kind, const std::filesystem::path& source,
                           const std::filesystem::path& target) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(source, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    if (is_prepared_folder(target)) {
      core::fail(
          "{}: {} does not exist; {} was prepared from {}: to use that without its source, give the prepared folder "
          "alone",
          kind.name, core::printable(source), core::printable(target), read_note(kind, target).describe(kind));
    }
    core::fail("{}: {} does not exist", kind.name, core::printable(source));
  }
  core::require(status.type() != std::filesystem::file_type::none, "{}: {} cannot be read: {}", kind.name,
                core::printable(source), error.message());
  core::require(std::filesystem::is_directory(status) || std::filesystem::is_regular_file(status),
                "{}: {} is neither an archive nor a folder", kind.name, core::printable(source));
}

/// Makes `target` from `source` by `prepare_folder`, with a note, unless it is there. `asked` is what of the source is
/// wanted, or empty; `fill(part)` writes the files and returns the value of the data set's own line: `asked`, where
/// that is not empty. Throws Error when the source is not there, when the target was made from another source or with
/// another wish, and as `prepare_folder` and `fill` do.
inline void prepare_from_source(const PreparedKind& kind, const std::filesystem::path& source,
                                const std::filesystem::path& target, const std::string& asked,
                                const std::function<std::string(const std::filesystem::path& part)>& fill) {
  require_source(kind, source, target);
  std::error_code error;
  const PreparedNote wanted{
      content_of(source), asked, {}, std::filesystem::absolute(source, error).lexically_normal().string()};
  prepare_folder(target, [&](const std::filesystem::path& part) {
    PreparedNote note = wanted;
    note.value = fill(part);
    note.images = describe_images(kind, part);
    return note.text(kind);
  });
  // It may have been there, or another run with another source may have made it while this one waited.
  const PreparedNote made = read_note(kind, target);
  core::require(made.content == wanted.content && (asked.empty() || made.value == asked),
                "{}: {} was prepared from {}, and is not what {} gives: remove it, or name another folder", kind.name,
                core::printable(target), made.describe(kind), wanted.describe(kind));
}

}  // namespace hearth::datasets
