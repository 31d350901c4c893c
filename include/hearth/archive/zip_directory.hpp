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

/// Where the entry's data begin with its name once more, by the list's entry at `at`.
inline std::uint64_t local_offset(std::span<const std::byte> list, std::size_t at) {
  constexpr std::uint64_t elsewhere = 0xFFFFFFFF;
  const std::uint64_t offset = number_at(list, at + 42, 4);
  const std::size_t extra = at + 46 + number_at(list, at + 28, 2);
  const std::size_t extra_end = extra + number_at(list, at + 30, 2);
  if (offset != elsewhere) {
    return offset;
  }
  for (std::size_t field = extra; field + 4 <= extra_end;) {  // zip64: the numbers that do not fit stand here, in order
    const std::size_t size = number_at(list, field + 2, 2);
    if (number_at(list, field, 2) == 1) {
      const std::size_t before =
          (number_at(list, at + 24, 4) == elsewhere ? 8U : 0U) + (number_at(list, at + 20, 4) == elsewhere ? 8U : 0U);
      return before + 8 <= size && field + 4 + size <= extra_end ? number_at(list, field + 4 + before, 8) : offset;
    }
    field += 4 + size;
  }
  return offset;
}

}  // namespace detail

/// The list of a zip file; none when the file has no list at its end. Throws Error naming the file when it cannot be
/// read, or when the list is damaged. With `check_names`, also when an entry's name is not the one that stands before
/// its data: a reader that goes by the latter would take the entry for another one.
inline std::optional<ZipDirectory> read_zip_directory(const std::filesystem::path& path, bool check_names = false) {
  const FileBytes file(path);
  const std::optional<detail::ZipEnd> end = detail::find_zip_end(file);
  if (!end) {
    return std::nullopt;
  }
  constexpr std::uint64_t largest = std::uint64_t{1} << 32;
  core::require(end->size <= largest, "{} is damaged: the list at its end would have {} bytes", core::printable(path),
                end->size);
  const std::vector<std::byte> list = file.read(end->offset + end->shift, end->size);
  constexpr std::size_t entry_size = 46;
  constexpr std::size_t local_size = 30;
  std::uint64_t entries = 0;
  std::vector<std::byte> local;
  for (std::size_t at = 0;
       at + entry_size <= list.size() && detail::number_at(list, at, 4) == detail::zip_entry_mark;) {
    const std::size_t name_size = detail::number_at(list, at + 28, 2);
    const std::size_t next =
        at + entry_size + name_size + detail::number_at(list, at + 30, 2) + detail::number_at(list, at + 32, 2);
    if (next > list.size()) {
      break;
    }
    if (check_names) {
      const std::string_view name = detail::text_at(list, at + entry_size, name_size);
      const std::uint64_t offset = detail::local_offset(list, at) + end->shift;
      bool is_same = offset <= file.size() && file.size() - offset >= local_size + name_size;
      if (is_same) {
        local.resize(local_size + name_size);
        file.read(offset, local);
        is_same = detail::number_at(local, 0, 4) == detail::zip_local_mark &&
                  detail::number_at(local, 26, 2) == name_size && detail::text_at(local, local_size, name_size) == name;
      }
      core::require(is_same,
                    "{}: the entry {} is damaged: its name in the list at the archive's end is not the one before its "
                    "data; get it again",
                    core::printable(path), core::printable(name));
    }
    at = next;
    ++entries;
  }
  // A list without zip64 counts to 65,535, and some writers begin again from 0.
  core::require((entries & 0xFFFF) == (end->entries & 0xFFFF),
                "{} is damaged: the list at its end has {} entries, but should have {}; get it again",
                core::printable(path), entries, end->entries);
  return ZipDirectory{entries, core::crc32(list)};
}

}  // namespace hearth::archives
