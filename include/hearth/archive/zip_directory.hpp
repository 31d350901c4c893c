/// The list of entries that stands at the end of a zip file: it tells one archive from another in milliseconds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/archive/file_bytes.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

/// What a zip file's list says: the checksum is of the whole list, which has each entry's name, size and checksum.
struct ZipDirectory {
  std::uint64_t entries = 0;
  std::uint32_t checksum = 0;
};

/// An entry as the list of a zip file has it.
struct ZipEntry {
  std::string_view name;       ///< valid during the call that is given it
  std::uint32_t checksum = 0;  ///< CRC-32 of the unpacked data
  std::uint64_t stored = 0;    ///< bytes of the packed data
  std::uint64_t size = 0;      ///< bytes of the unpacked data
  std::uint64_t offset = 0;    ///< of the local header, from the file's beginning
  std::uint16_t method = 0;    ///< 0: stored; 8: deflated
  bool is_encrypted = false;
  bool is_link = false;  ///< a symbolic link
};

namespace detail {

/// The little-endian number of `size` bytes at `offset`, which must be there.
inline std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= std::to_integer<std::uint64_t>(bytes[offset + i]) << (8 * i);
  }
  return number;
}

inline std::string_view text_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

constexpr std::uint64_t zip_entry_mark = 0x02014B50;
constexpr std::uint64_t zip_local_mark = 0x04034B50;
constexpr std::uint64_t zip_end_mark = 0x06054B50;
constexpr std::uint64_t zip64_end_mark = 0x06064B50;
constexpr std::uint64_t zip64_locator_mark = 0x07064B50;
constexpr std::size_t zip_local_size = 30;

/// Where the list of a zip file lies. `shift` is how much further back everything is than the zip's own numbers say:
/// the size of what stands before the archive, the program of one that unpacks itself for example.
struct ZipEnd {
  std::uint64_t entries = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t shift = 0;
};

/// None when the file has no end of a zip file.
inline std::optional<ZipEnd> find_zip_end(const FileBytes& file) {
  constexpr std::size_t end_size = 22;
  constexpr std::size_t locator_size = 20;
  constexpr std::size_t end64_size = 56;
  const std::uint64_t tail_size = std::min<std::uint64_t>(file.size(), end_size + 0xFFFF + locator_size + end64_size);
  const std::uint64_t tail_at = file.size() - tail_size;
  const std::vector<std::byte> tail = file.read(tail_at, tail_size);
  for (std::size_t at = tail.size() < end_size ? 0 : tail.size() - end_size + 1; at-- > 0;) {
    if (number_at(tail, at, 4) != zip_end_mark || at + end_size + number_at(tail, at + 20, 2) > tail.size()) {
      continue;
    }
    ZipEnd end{number_at(tail, at + 10, 2), number_at(tail, at + 16, 4), number_at(tail, at + 12, 4)};
    std::uint64_t end_at = tail_at + at;
    if (at >= locator_size + end64_size && number_at(tail, at - locator_size, 4) == zip64_locator_mark) {
      const std::size_t at64 = at - locator_size - end64_size;
      if (number_at(tail, at64, 4) == zip64_end_mark) {
        end = {number_at(tail, at64 + 32, 8), number_at(tail, at64 + 48, 8), number_at(tail, at64 + 40, 8)};
        end_at = tail_at + at64;
      }
    }
    if (end.size <= end_at && end.offset <= end_at - end.size) {
      end.shift = end_at - end.size - end.offset;
      return end;
    }
  }
  return std::nullopt;
}

/// The list's entry that begins at `at` and whose parts are within the list.
inline ZipEntry zip_entry_at(std::span<const std::byte> list, std::size_t at, std::uint64_t shift) noexcept {
  constexpr std::uint64_t elsewhere = 0xFFFFFFFF;
  const std::size_t name_size = number_at(list, at + 28, 2);
  const std::size_t extra = at + 46 + name_size;
  const std::size_t extra_end = extra + number_at(list, at + 30, 2);
  ZipEntry entry;
  entry.name = text_at(list, at + 46, name_size);
  entry.method = static_cast<std::uint16_t>(number_at(list, at + 10, 2));
  entry.checksum = static_cast<std::uint32_t>(number_at(list, at + 16, 4));
  entry.stored = number_at(list, at + 20, 4);
  entry.size = number_at(list, at + 24, 4);
  entry.offset = number_at(list, at + 42, 4);
  entry.is_encrypted = (number_at(list, at + 8, 2) & 1) != 0;
  constexpr std::uint64_t kind_bits = 0170000;  // of Unix file modes; 3: made on Unix
  entry.is_link = number_at(list, at + 5, 1) == 3 && (number_at(list, at + 40, 2) & kind_bits) == 0120000;
  for (std::size_t field = extra; field + 4 <= extra_end;) {  // zip64: the numbers that do not fit stand here, in order
    const std::size_t field_end = field + 4 + number_at(list, field + 2, 2);
    if (number_at(list, field, 2) == 1 && field_end <= extra_end) {
      std::size_t wide = field + 4;
      for (std::uint64_t* const number : {&entry.size, &entry.stored, &entry.offset}) {
        if (*number == elsewhere && wide + 8 <= field_end) {
          *number = number_at(list, wide, 8);
          wide += 8;
        }
      }
      break;
    }
    field = field_end;
  }
  entry.offset += shift;
  return entry;
}

}  // namespace detail

/// Calls `each(entry)` with every ZipEntry of the zip file's list, in order. None when the file has no list at its end.
/// Throws Error naming the file when it cannot be read, or when the list is damaged.
template <class Each>
std::optional<ZipDirectory> for_each_zip_entry(const FileBytes& file, const Each& each) {
  const std::optional<detail::ZipEnd> end = detail::find_zip_end(file);
  if (!end) {
    return std::nullopt;
  }
  constexpr std::uint64_t largest = std::uint64_t{1} << 32;
  core::require(end->size <= largest, "{} is damaged: the list at its end would have {} bytes",
                core::printable(file.path()), end->size);
  const std::vector<std::byte> list = file.read(end->offset + end->shift, end->size);
  constexpr std::size_t entry_size = 46;
  std::uint64_t entries = 0;
  for (std::size_t at = 0;
       at + entry_size <= list.size() && detail::number_at(list, at, 4) == detail::zip_entry_mark;) {
    const std::size_t next = at + entry_size + detail::number_at(list, at + 28, 2) +
                             detail::number_at(list, at + 30, 2) + detail::number_at(list, at + 32, 2);
    if (next > list.size()) {
      break;
    }
    each(detail::zip_entry_at(list, at, end->shift));
    at = next;
    ++entries;
  }
  // A list without zip64 counts to 65,535, and some writers begin again from 0.
  core::require((entries & 0xFFFF) == (end->entries & 0xFFFF),
                "{} is damaged: the list at its end has {} entries, but should have {}; get it again",
                core::printable(file.path()), entries, end->entries);
  return ZipDirectory{entries, core::crc32(list)};
}

/// Where the data of the zip file's entry begin: after its local header. Throws Error naming file and entry when the
/// header is not there or has another name than the list: a reader that goes by the one would take the entry for
/// another one.
inline std::uint64_t zip_data_offset(const FileBytes& file, std::uint64_t local, std::string_view name) {
  bool is_same = local <= file.size() && file.size() - local >= detail::zip_local_size + name.size();
  std::vector<std::byte> header;
  if (is_same) {
    header = file.read(local, detail::zip_local_size + name.size());
    is_same = detail::number_at(header, 0, 4) == detail::zip_local_mark &&
              detail::number_at(header, 26, 2) == name.size() &&
              detail::text_at(header, detail::zip_local_size, name.size()) == name;
  }
  if (!is_same) {
    core::fail(
        "{}: the entry {} is damaged: its name in the list at the archive's end is not the one before its data; get it "
        "again",
        core::printable(file.path()), core::printable(name));
  }
  return local + header.size() + detail::number_at(header, 28, 2);
}

/// The list of a zip file; none when the file has no list at its end. Throws Error naming the file when it cannot be
/// read, or when the list is damaged. With `check_names`, also when an entry's name is not the one that stands before
/// its data.
inline std::optional<ZipDirectory> read_zip_directory(const std::filesystem::path& path, bool check_names = false) {
  const FileBytes file(path);
  return for_each_zip_entry(file, [&](const ZipEntry& entry) {
    if (check_names) {
      zip_data_offset(file, entry.offset, entry.name);
    }
  });
}

}  // namespace hearth::archives
