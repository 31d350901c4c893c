/// How a pack of images lies in its file: a header, the samples, a table of them, and their names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/crc32.hpp>

namespace hearth::datasets {

/// Little-endian, as all numbers of a pack. The samples follow it, then a PackEntry for each, and to the end of the
/// file the texts: the samples' names, then what `about` says.
struct PackHeader {
  std::array<char, 8> mark{'h', 'e', 'a', 'r', 't', 'h', 'P', 'K'};
  std::uint32_t version = 1;
  std::uint32_t content = 0;    ///< a PackContent
  std::uint64_t file_size = 0;  ///< bytes
  std::uint64_t samples = 0;
  std::uint64_t table = 0;     ///< where the table begins: after the samples
  std::uint64_t names = 0;     ///< bytes of the samples' names
  std::uint64_t about = 0;     ///< bytes of what comes after the names
  std::uint32_t checksum = 0;  ///< CRC-32 of everything from the table on
  std::uint32_t own = 0;       ///< CRC-32 of this header before this number
};
static_assert(sizeof(PackHeader) == 64);

/// A sample: where it is and what it was made of.
struct PackEntry {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< bytes
  std::int64_t label = 0;
  std::uint64_t name = 0;            ///< where its name begins among the names
  std::uint64_t source_size = 0;     ///< of the file it was made of, in bytes; 0: it was none
  std::int64_t source_modified = 0;  ///< the file's time, in nanoseconds since 1970
  std::uint32_t name_size = 0;
  std::uint32_t checksum = 0;  ///< CRC-32 of its bytes
  std::uint32_t height = 0;    ///< of a decoded image, in pixels
  std::uint32_t width = 0;     ///< of a decoded image, in pixels
  std::uint32_t channels = 0;  ///< of a decoded image
  std::uint32_t is_bad = 0;    ///< its bytes are not an image but why it could not be read: text
};
static_assert(sizeof(PackEntry) == 72);

/// Decoded images begin at multiples of this.
inline constexpr std::uint64_t pack_alignment = 64;

inline std::uint32_t checksum_of(const PackHeader& header) noexcept {
  return core::crc32(std::as_bytes(std::span(&header, 1)).first(sizeof(PackHeader) - sizeof(header.own)));
}

}  // namespace hearth::datasets
