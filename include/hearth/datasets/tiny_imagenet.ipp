#pragma once

#include <hearth/datasets/tiny_imagenet.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <sstream>
#include <string_view>
#include <system_error>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/datasets/prepared_folder.hpp>
#include <hearth/datasets/tiny_imagenet_source.hpp>

namespace hearth {

namespace datasets::detail {

/// What stands in the note of a prepared folder.
struct TinyImageNetNote {
  std::string content;  // what tells one source from another
  std::string test;     // "with" or "without" the test images
  std::string images;   // how many were written, and the checksum of their names
  std::string source;   // its path; last, for it may have any character

  std::string text() const {
    return fmt::format("Tiny ImageNet\ncontent: {}\ntest: {}\nimages: {}\nsource: {}", content, test, images, source);
  }

  /// For sentences.
  std::string describe() const {
    return fmt::format("{} ({}; {} test images)", core::printable(source), content, test);
  }
};

inline std::string text_of(const std::filesystem::path& file) {
  const std::vector<std::byte> bytes = core::read_file(file);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline TinyImageNetNote read_note(const std::filesystem::path& folder) {
  const std::string text = text_of(folder / datasets::prepared_note);
  TinyImageNetNote note;
  std::size_t at = 0;
  const auto value = [&](std::string_view before, bool is_last) {
    const std::size_t begin = text.find(before, at);
    core::require(begin == at,
                  "Tiny ImageNet: {} was prepared by another version of this library; remove it, or name "
                  "another folder",
                  core::printable(folder));
    const std::size_t end = is_last ? text.size() : text.find('\n', begin + before.size());
    const std::string found = text.substr(begin + before.size(), end - begin - before.size());
    at = end == std::string::npos ? text.size() : end + 1;
    return found;
  };
  value("Tiny ImageNet", false);
  note.content = value("content: ", false);
  note.test = value("test: ", false);
  note.images = value("images: ", false);
  note.source = value("source: ", true);
  return note;
}

/// How many images there are below train, val and test, and the checksum of their names.
inline std::string describe_images(const std::filesystem::path& folder) {
  std::string names;
  std::size_t count = 0;
  for (const std::string part : {"train", "val", "test"}) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder / part, error)) {
      continue;
    }
    for (const std::string& name : datasets::list_files(folder / part, datasets::has_image_extension)) {
      names += part + '/' + name + '\n';
      ++count;
    }
  }
  return fmt::format("{}, checksum of names {:08x}", count, core::crc32(std::as_bytes(std::span(names))));
}

/// Is this a folder with train/WNID and val/WNID, made by this header or by hand?
inline bool is_sorted_tiny_imagenet(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path val = folder / "val";
  return std::filesystem::is_directory(folder / "train", error) && std::filesystem::is_directory(val, error) &&
         !std::filesystem::exists(val / "val_annotations.txt", error) &&
         !std::filesystem::exists(val / "images", error);
}

/// Throws Error unless the source is a file or a folder. `target` is where it was to be prepared.
inline void check_source(const std::filesystem::path& source, const std::filesystem::path& target) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(source, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    if (datasets::is_prepared_folder(target)) {
      core::fail(
          "Tiny ImageNet: {} does not exist; {} was prepared from {}: to use that without its source, give the "
          "prepared folder alone",
          core::printable(source), core::printable(target), read_note(target).describe());
    }
    core::fail("Tiny ImageNet: {} does not exist", core::printable(source));
  }
  core::require(status.type() != std::filesystem::file_type::none, "Tiny ImageNet: {} cannot be read: {}",
                core::printable(source), error.message());
  core::require(std::filesystem::is_directory(status) || std::filesystem::is_regular_file(status),
                "Tiny ImageNet: {} is neither an archive nor a folder", core::printable(source));
}

}  // namespace datasets::detail

HEARTH_INLINE TinyImageNet open_tiny_imagenet(const std::filesystem::path& folder) {
  const bool is_prepared = datasets::is_prepared_folder(folder);
  core::require(is_prepared || datasets::detail::is_sorted_tiny_imagenet(folder),
                "Tiny ImageNet: {} is no folder that was prepared, and has no images sorted into train/WNID and "
                "val/WNID; prepare it from tiny-imagenet-200.zip",
                core::printable(folder));
  TinyImageNet data{folder / "train", folder / "val", datasets::list_folder(folder / "train").folders, {}, {}};
  const std::vector<std::string> val = datasets::list_folder(data.val).folders;
  core::require(!data.wnids.empty(), "Tiny ImageNet: {} has no class folders", core::printable(data.train));
  core::require(val == data.wnids, "Tiny ImageNet: {} and {} have different class folders", core::printable(data.train),
                core::printable(data.val));
  if (is_prepared) {
    const datasets::detail::TinyImageNetNote note = datasets::detail::read_note(folder);
    const std::string now = datasets::detail::describe_images(folder);
    core::require(now == note.images,
                  "Tiny ImageNet: files were added to {} or removed since it was prepared (images then: {}; now: {}); "
                  "remove it, and prepare it again",
                  core::printable(folder), note.images, now);
    data.source = note.describe();
  }
  for (const std::string& wnid : data.wnids) {
    data.names[wnid] = wnid;
  }
  if (std::error_code error; std::filesystem::exists(folder / "words.txt", error)) {
    std::istringstream lines(datasets::detail::text_of(folder / "words.txt"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (const auto name = data.names.find(line.substr(0, tab));
          name != data.names.end() && tab != std::string::npos) {
        name->second = line.substr(tab + 1);
      }
    }
  }
  return data;
}

HEARTH_INLINE TinyImageNet prepare_tiny_imagenet(const std::filesystem::path& source,
                                                 const std::filesystem::path& target,
                                                 const TinyImageNetOptions& options) {
  namespace fs = std::filesystem;
  if (datasets::detail::is_sorted_tiny_imagenet(source)) {
    return open_tiny_imagenet(source);
  }
  datasets::detail::check_source(source, target);
  std::error_code error;
  datasets::detail::TinyImageNetNote wanted{datasets::content_of(source),
                                            options.test ? "with" : "without",
                                            {},
                                            fs::absolute(source, error).lexically_normal().string()};
  datasets::prepare_folder(target, [&](const fs::path& part) {
    const datasets::TinyImageNetSource files(source, options.test);
    files.write(part, options.progress);
    core::write_file(part / "words.txt", files.words());
    wanted.images = datasets::detail::describe_images(part);
    return wanted.text();
  });
  // It may have been there, or another run with another source may have made it while this one waited.
  const datasets::detail::TinyImageNetNote made = datasets::detail::read_note(target);
  core::require(made.content == wanted.content && made.test == wanted.test,
                "Tiny ImageNet: {} was prepared from {}, and is not what {} gives: remove it, or name another folder",
                core::printable(target), made.describe(), wanted.describe());
  return open_tiny_imagenet(target);
}

}  // namespace hearth
