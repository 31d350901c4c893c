/// Reads a gzip file whole, and knows a damaged one. stb_image's PNG part inflates it, so that no other library is
/// needed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <hearth/archive/file_bytes.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/stb_image.hpp>

namespace hearth::datasets {

/// Do these bytes begin as a gzip file does (RFC 1952)?
inline bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 3 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B} && bytes[2] == std::byte{8};
}

namespace detail {

/// Where the packed data of a gzip file begins; its size when the header has no end.
inline std::size_t gzip_header_size(std::span<const std::byte> bytes) noexcept {
  const auto byte = [&bytes](std::size_t i) { return i < bytes.size() ? std::to_integer<unsigned>(bytes[i]) : 0U; };
  const unsigned flags = byte(3);
  std::size_t at = 10;
  if ((flags & 0x04) != 0) {  // extra field
    at += 2 + byte(at) + 256 * byte(at + 1);
  }
  for (const unsigned text : {0x08U, 0x10U}) {  // file name, comment
    if ((flags & text) != 0) {
      while (byte(at) != 0) {
        ++at;
      }
      ++at;
    }
  }
  at += (flags & 0x02) != 0 ? 2 : 0;  // checksum of the header
  return std::min(at, bytes.size());
}

}  // namespace detail

/// What a gzip file's bytes hold. `name` is the file's, for messages. Throws Error when the data does not give the
/// length and the checksum that stand at its end (it is cut short, damaged, followed by something, or of several gzip
/// members), and when it would hold more than `max_size` bytes; 2 GiB is the most that can be unpacked.
inline std::vector<std::byte> gunzip(std::span<const std::byte> packed, const std::string& name,
                                     std::size_t max_size = std::numeric_limits<std::int32_t>::max()) {
  core::require(is_gzip(packed), "{} is not a gzip file", name);
  constexpr std::size_t trailer = 8;
  const std::size_t begin = detail::gzip_header_size(packed);
  core::require(begin + trailer < packed.size(), "{} is cut short: it ends before the packed data begins; get it again",
                name);
  const auto stated = [&packed](std::size_t from_end) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value |= std::to_integer<std::size_t>(packed[packed.size() - from_end + i]) << (8 * i);
    }
    return value;
  };
  const std::size_t size = stated(4);
  const std::span<const std::byte> data = packed.subspan(begin);  // the trailer stays: stb wants to read on at the end
  constexpr std::size_t most_a_byte = 1032;                       // of deflate
  constexpr std::size_t largest = std::numeric_limits<std::int32_t>::max();
  core::require(size <= most_a_byte * data.size(),
                "{} is cut short or damaged: {} bytes cannot hold the {} that it states; get it again", name,
                packed.size(), size);
  core::require(
      size <= std::min(max_size, largest) && data.size() <= largest,
      "{} unpacks to {} bytes, by what its end states, but at most {} are allowed; if that is wrong, it is cut short",
      name, size, std::min(max_size, largest));
  const std::unique_ptr<std::byte[]> memory(new std::byte[size]);  // not touched where nothing is unpacked
  const int unpacked =
      stb::stbi_zlib_decode_noheader_buffer(reinterpret_cast<char*>(memory.get()), static_cast<int>(size),
                                            reinterpret_cast<const char*>(data.data()), static_cast<int>(data.size()));
  const std::span<const std::byte> bytes(memory.get(), size);
  core::require(
      unpacked == static_cast<int>(size) && core::crc32(bytes) == stated(8),
      "{} is cut short or damaged: what it holds does not have the length and checksum that it states; get it again",
      name);
  return {bytes.begin(), bytes.end()};
}

/// The first bytes of a file, at most `most` of them. Throws Error naming the file when it cannot be read or is no
/// regular file.
inline std::vector<std::byte> read_start(const std::filesystem::path& path, std::size_t most) {
  const archives::FileBytes file(path);
  return file.read(0, std::min<std::uint64_t>(most, file.size()));
}

/// The bytes of a file, unpacked if it is a gzip file (its content says so, not its name). Throws Error as `read_file`
/// and `gunzip` do.
inline std::vector<std::byte> read_gzip_or_plain(const std::filesystem::path& path) {
  if (!is_gzip(read_start(path, 3))) {
    return core::read_file(path);
  }
  constexpr std::size_t largest = std::numeric_limits<std::int32_t>::max();
  return gunzip(core::read_file(path, largest), core::printable(path));
}

}  // namespace hearth::datasets
