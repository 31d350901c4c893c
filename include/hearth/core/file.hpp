/// Whole files in, and files out that are complete or absent.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The bytes of a file. Throws Error naming the path when it cannot be read to its end.
std::vector<std::byte> read_file(const std::filesystem::path& path);

/// Makes the folder and those above it. Throws Error naming the path and the reason when that is not possible.
void make_folder(const std::filesystem::path& path);

/// Calls `write(aside)` with the name of a new file beside `path`, flushes what was written to the disk and renames it
/// to `path`: readers see the old file or the whole new one, never a part. When `write` throws or a step fails (a full
/// disk, a read-only folder), `path` is as it was, nothing is left aside, and an Error names `path` and the reason.
void replace_file(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write);

/// Writes the bytes to `path` by way of `replace_file`.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Writes the text to `path` by way of `replace_file`.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/file.ipp>
#endif
