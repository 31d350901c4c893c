/// Where the index of an archive, or of a tree of folders, is kept, so that it is made once.
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <hearth/archive/archive_index.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/mapped_file.hpp>

namespace hearth::archives {

/// The folder for the indexes of `kind` where no other is named: XDG_CACHE_HOME/hearth/archives, say, or
/// ~/.cache/hearth/archives; empty where there is neither.
inline std::filesystem::path default_index_folder(const char* kind = "archives") {
  const auto variable = [](const char* name) {
    const char* const value = ::getenv(name);
    return std::filesystem::path(value != nullptr ? value : "");
  };
  // As the XDG Base Directory Specification wants, a path that is not absolute is none.
  if (const std::filesystem::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) {
    return cache / "hearth" / kind;
  }
  const std::filesystem::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache" / "hearth" / kind : std::filesystem::path();
}

/// The file for the index of this archive or tree: its name, and a checksum of its whole path.
inline std::filesystem::path index_file(const std::filesystem::path& folder, const std::filesystem::path& archive) {
  std::error_code error;
  std::filesystem::path whole = std::filesystem::weakly_canonical(archive, error);
  whole = error ? archive : whole;
  const auto bytes = std::as_bytes(std::span(whole.native()));
  constexpr std::size_t longest = 100;
  return folder / fmt::format("{}-{:08x}{:08x}.index", whole.filename().native().substr(0, longest), core::crc32(bytes),
                              core::crc32c(bytes));
}

/// The index of `archive` in the file; none where it is not there, damaged, or another archive's.
inline std::optional<ArchiveIndex> load_index(const std::filesystem::path& file, const ArchiveIdentity& archive) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return std::nullopt;
  }
  try {
    const auto mapped = std::make_shared<const core::MappedFile>(file);
    ArchiveIndex index(mapped, mapped->bytes());
    return index.archive() == archive ? std::optional(std::move(index)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // it is made anew
  }
}

/// Keeps the index where that is possible; what cannot be written costs the next program the time to make it.
inline void save_index(const std::filesystem::path& file, std::span<const std::byte> index) noexcept {
  try {
    core::make_folder(file.parent_path());
    core::write_file(file, index);
  } catch (const std::exception&) {
  }
}

}  // namespace hearth::archives
