/// The entries of a zip archive, in place: what torch.save writes is stored, so each entry is a window on the file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>

namespace hearth::zip {

/// One entry; both views are windows on the archive's bytes.
struct Entry {
  std::string_view name;
  std::span<std::byte> bytes;  ///< as they lie in the archive
  bool is_compressed = false;
};

namespace detail {

/// `size` bytes from `offset` of the archive, checked. Throws Error naming `what`.
inline std::span<std::byte> zip_part(std::span<std::byte> file, std::uint64_t offset, std::uint64_t size,
                                     std::string_view what) {
  core::require(offset <= file.size() && size <= file.size() - offset,
                "zip archive: {} reaches past the end of the file, which has {} bytes: it is damaged or was cut short",
                what, file.size());
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

/// Where the central directory lies and how many entries it lists.
struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

/// Finds the record at the end of the archive (APPNOTE.TXT 4.3.14 to 4.3.16), the zip64 one where there is one.
inline Directory find_zip_directory(std::span<std::byte> file) {
  constexpr std::size_t end_size = 22;
  constexpr std::size_t locator_size = 20;
  constexpr std::size_t longest_comment = std::numeric_limits<std::uint16_t>::max();
  for (std::size_t back = end_size; back <= std::min(file.size(), end_size + longest_comment); ++back) {
    const std::size_t at = file.size() - back;
    if (core::load_little_endian<std::uint32_t>(file, at) != 0x06054b50 ||
        core::load_little_endian<std::uint16_t>(file, at + 20) != back - end_size) {
      continue;
    }
    if (at >= locator_size && core::load_little_endian<std::uint32_t>(file, at - locator_size) == 0x07064b50) {
      const auto record = zip_part(file, core::load_little_endian<std::uint64_t>(file, at - locator_size + 8), 56,
                                   "the zip64 end record");
      core::require(core::load_little_endian<std::uint32_t>(record, 0) == 0x06064b50,
                    "zip archive: its zip64 end record is not where it should be: it is damaged");
      return {core::load_little_endian<std::uint64_t>(record, 32), core::load_little_endian<std::uint64_t>(record, 40),
              core::load_little_endian<std::uint64_t>(record, 48)};
    }
    return {core::load_little_endian<std::uint16_t>(file, at + 10),
            core::load_little_endian<std::uint32_t>(file, at + 12),
            core::load_little_endian<std::uint32_t>(file, at + 16)};
  }
  core::fail("zip archive: it has no end record: it was cut short");
}

/// Replaces `value` by its 64-bit form from the zip64 field when it says that it has one (APPNOTE.TXT 4.5.3).
inline void widen_zip_field(std::uint64_t& value, std::span<const std::byte>& zip64) {
  if (value == std::numeric_limits<std::uint32_t>::max() && !zip64.empty()) {
    value = core::load_little_endian<std::uint64_t>(zip64, 0);
    zip64 = zip64.subspan(sizeof(std::uint64_t));
  }
}

/// The zip64 field among the extra fields of a directory entry, or nothing.
inline std::span<const std::byte> find_zip64(std::span<const std::byte> extra) {
  while (extra.size() >= 4) {
    const auto kind = core::load_little_endian<std::uint16_t>(extra, 0);
    const std::size_t size = core::load_little_endian<std::uint16_t>(extra, 2);
    if (size > extra.size() - 4) {
      break;
    }
    if (kind == 0x0001) {
      return extra.subspan(4, size);
    }
    extra = extra.subspan(4 + size);
  }
  return {};
}

}  // namespace detail

/// The entries of the archive in the order of its directory, compressed ones among them. Bounds, signatures and names
/// are checked; nothing is copied. Throws Error when the archive is damaged or cut short, or an entry is encrypted or
/// listed twice.
inline std::vector<Entry> list_zip(std::span<std::byte> file) {
  const detail::Directory directory = detail::find_zip_directory(file);
  auto rest = detail::zip_part(file, directory.offset, directory.size, "the directory");
  std::vector<Entry> entries;
  while (!rest.empty()) {
    constexpr std::size_t fixed = 46;
    core::require(rest.size() >= fixed && core::load_little_endian<std::uint32_t>(rest, 0) == 0x02014b50,
                  "zip archive: entry {} of its directory is damaged", entries.size());
    const auto flags = core::load_little_endian<std::uint16_t>(rest, 8);
    const auto method = core::load_little_endian<std::uint16_t>(rest, 10);
    const std::size_t name_size = core::load_little_endian<std::uint16_t>(rest, 28);
    const std::size_t extra_size = core::load_little_endian<std::uint16_t>(rest, 30);
    const std::size_t comment_size = core::load_little_endian<std::uint16_t>(rest, 32);
    core::require(name_size + extra_size + comment_size <= rest.size() - fixed,
                  "zip archive: entry {} of its directory is damaged", entries.size());
    const std::string_view name = core::as_text(rest.subspan(fixed, name_size));
    auto zip64 = detail::find_zip64(rest.subspan(fixed + name_size, extra_size));
    std::uint64_t size = core::load_little_endian<std::uint32_t>(rest, 24);
    std::uint64_t stored_size = core::load_little_endian<std::uint32_t>(rest, 20);
    std::uint64_t offset = core::load_little_endian<std::uint32_t>(rest, 42);
    detail::widen_zip_field(size, zip64);
    detail::widen_zip_field(stored_size, zip64);
    detail::widen_zip_field(offset, zip64);
    core::require((flags & 1) == 0, "zip archive: its entry {} is encrypted", name);

    const auto local = detail::zip_part(file, offset, 30, name);
    core::require(core::load_little_endian<std::uint32_t>(local, 0) == 0x04034b50,
                  "zip archive: its entry {} has a damaged header", name);
    const std::size_t local_name_size = core::load_little_endian<std::uint16_t>(local, 26);
    const std::size_t local_extra_size = core::load_little_endian<std::uint16_t>(local, 28);
    core::require(core::as_text(detail::zip_part(file, offset + 30, local_name_size, name)) == name,
                  "zip archive: its entry {} has another name in the directory", name);
    entries.push_back({name,
                       detail::zip_part(file, offset + 30 + local_name_size + local_extra_size, stored_size, name),
                       method != 0 || stored_size != size});
    rest = rest.subspan(fixed + name_size + extra_size + comment_size);
  }
  core::require(entries.size() == directory.entries, "zip archive: its directory has {} entries but should have {}",
                entries.size(), directory.entries);

  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const Entry& entry : entries) {
    names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  core::require(twice == names.end(), "zip archive: its entry {} is there twice", twice == names.end() ? "" : *twice);
  return entries;
}

/// Throws Error, naming it, when one of the entries is compressed.
inline void check_stored(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    core::require(!entry.is_compressed,
                  "zip archive: its entry {} is compressed, which torch.save does not do: unpack it and zip it with -0",
                  entry.name);
  }
}

/// The entries of an archive in which all are stored. Throws Error as `list_zip` and `check_stored` do.
inline std::vector<Entry> read_zip(std::span<std::byte> file) {
  std::vector<Entry> entries = list_zip(file);
  check_stored(entries);
  return entries;
}

}  // namespace hearth::zip
