/// Whole files in, and files out that are complete or absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/inline.hpp>

namespace hearth::core {

/// A regular file, open for reading, and its size in bytes.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t size = 0;
};

/// Opens a file to read it. Throws Error naming the path when it cannot be opened, and when it is a folder, a pipe, a
/// device or a socket, without waiting for one.
OpenFile open_file(const std::filesystem::path& path);

/// The bytes of a file. Throws Error naming the path when it cannot be read to its end, is no regular file, or has more
/// than `most` bytes or than the machine has memory.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// The same into memory that is kept: it grows where it is too small, and the bytes are its first. No other memory is
/// taken.
std::span<const std::byte> read_file(const char* path, std::vector<std::byte>& memory,
                                     std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// Makes the folder and those above it. Throws Error naming the path and the reason when that is not possible.
void make_folder(const std::filesystem::path& path);

/// Calls `write(aside)` with the name of a new, empty file beside `path`, flushes what was written to the disk and
/// renames it to `path`: readers see the old file or the whole new one, never a part. When `write` throws or a step
/// fails (a full disk, a read-only folder), `path` is as it was, nothing is left aside, and an Error names `path` and
/// the reason.
///
/// Where `path` is a symbolic link, the file that it leads to is replaced, and the link stays. What is no regular file
/// (a folder, a pipe, a device such as /dev/stdout) is refused. A process that is killed leaves its file aside; the
/// next to write in the folder removes what was left by processes that run no more.
void replace_file(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& write);

/// Writes the bytes to `path` by way of `replace_file`.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Writes the text to `path` by way of `replace_file`.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/file.ipp>
#endif
