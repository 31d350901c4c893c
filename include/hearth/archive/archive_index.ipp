#pragma once

#include <hearth/archive/archive_index.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

namespace detail {

constexpr std::array<char, 8> index_mark{'h', 'e', 'a', 'r', 't', 'h', 'A', 'I'};
constexpr std::uint32_t index_version = 1;

/// The beginning of an index; the entries and then the names follow.
struct IndexHeader {
  std::array<char, 8> mark = index_mark;
  std::uint32_t version = index_version;
  std::uint32_t content = 0;  // CRC-32 of what follows this header
  ArchiveIdentity archive;
  std::uint64_t entries = 0;
  std::uint64_t names = 0;  // bytes
  std::uint32_t unused = 0;
  std::uint32_t own = 0;  // CRC-32 of this header before this number
};
static_assert(sizeof(IndexHeader) == 64);

inline std::uint32_t checksum_of(const IndexHeader& header) noexcept {
  return core::crc32(std::as_bytes(std::span(&header, 1)).first(sizeof(IndexHeader) - sizeof(header.own)));
}

/// Appends the name without what has no meaning in it. Throws Error when it points outside.
inline void append_plain_name(std::string& names, std::string_view name, const std::string& archive) {
  if (name.starts_with('/')) {
    core::fail("{}: the entry {} has an absolute path and is refused", archive, core::printable(name));
  }
  const std::size_t begin = names.size();
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part == "..") {
      core::fail("{}: the entry {} points outside the archive and is refused", archive, core::printable(name));
    }
    if (!part.empty() && part != ".") {
      names.append(names.size() > begin ? "/" : "").append(part);
    }
    at = end + 1;
  }
}

}  // namespace detail

HEARTH_INLINE ArchiveIndex::ArchiveIndex(std::shared_ptr<const void> owner, std::span<const std::byte> block)
    : owner_(std::move(owner)), block_(block) {
  detail::IndexHeader header;
  const auto check = [](bool is_right) { core::require(is_right, "it is no index of an archive, or it is damaged"); };
  check(block.size() >= sizeof(header));
  std::memcpy(&header, block.data(), sizeof(header));
  check(header.mark == detail::index_mark && header.version == detail::index_version &&
        header.own == detail::checksum_of(header));
  const std::uint64_t rest = block.size() - sizeof(header);
  check(header.entries <= rest / sizeof(IndexEntry) && header.names == rest - header.entries * sizeof(IndexEntry) &&
        header.content == core::crc32(block.subspan(sizeof(header))));
  size_ = static_cast<std::size_t>(header.entries);
  archive_ = header.archive;
  std::string_view before;
  for (std::size_t i = 0; i < size_; ++i) {
    const IndexEntry each = entry(i);
    check(each.name <= header.names && each.name_size <= header.names - each.name && each.kind <= EntryKind::other &&
          each.offset <= archive_.size && each.stored <= archive_.size - each.offset &&
          (each.is_zip != 0 || each.stored == each.size));
    const std::string_view own = name(i);
    check(i == 0 || before < own);
    before = own;
  }
}

HEARTH_INLINE IndexEntry ArchiveIndex::entry(std::size_t index) const noexcept {
  IndexEntry entry;
  std::memcpy(static_cast<void*>(&entry), block_.data() + sizeof(detail::IndexHeader) + index * sizeof(IndexEntry),
              sizeof(entry));
  return entry;
}

HEARTH_INLINE std::string_view ArchiveIndex::name(std::size_t index) const noexcept {
  const std::string_view names =
      core::as_text(block_.subspan(sizeof(detail::IndexHeader) + size_ * sizeof(IndexEntry)));
  const IndexEntry own = entry(index);
  return own.name <= names.size() ? names.substr(own.name, own.name_size) : std::string_view();
}

HEARTH_INLINE std::size_t ArchiveIndex::first_not_before(std::string_view wanted) const noexcept {
  std::size_t low = 0;
  for (std::size_t high = size_; low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (name(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

HEARTH_INLINE std::optional<std::size_t> ArchiveIndex::find(std::string_view wanted) const noexcept {
  const std::size_t place = first_not_before(wanted);
  return place < size_ && name(place) == wanted ? std::optional(place) : std::nullopt;
}

HEARTH_INLINE IndexRange ArchiveIndex::below(std::string_view folder) const {
  if (folder.empty()) {
    return {0, size_};
  }
  const std::string name(folder);
  return {first_not_before(name + '/'), first_not_before(name + static_cast<char>('/' + 1))};
}

HEARTH_INLINE void IndexBuilder::add(std::string_view name, IndexEntry entry) {
  const std::size_t begin = names_.size();
  detail::append_plain_name(names_, name, archive_);
  const std::size_t size = names_.size() - begin;
  if (size > std::numeric_limits<std::uint16_t>::max()) {
    core::fail("{}: the entry {} has a name of {} bytes", archive_, core::printable(name, 100), size);
  }
  core::require(names_.size() <= std::numeric_limits<std::uint32_t>::max() &&
                    entries_.size() < std::numeric_limits<std::uint32_t>::max(),
                "{}: its entries have more than 4 GiB of names, more than an index can hold", archive_);
  if (size > 0) {  // the folder in which all entries are is none of them
    entry.name = static_cast<std::uint32_t>(begin);
    entry.name_size = static_cast<std::uint16_t>(size);
    entries_.push_back(entry);
  }
}

HEARTH_INLINE std::vector<std::byte> IndexBuilder::finish(const ArchiveIdentity& archive) {
  std::sort(entries_.begin(), entries_.end(), [this](const IndexEntry& a, const IndexEntry& b) {
    const int order = name(a).compare(name(b));
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  const auto last = std::unique(entries_.begin(), entries_.end(), [this](const IndexEntry& a, const IndexEntry& b) {
    const bool is_same = name(a) == name(b);
    if (is_same && (a.kind != EntryKind::folder || b.kind != EntryKind::folder)) {
      core::fail("{} has the entry {} twice: it is not clear which one is meant; unpack it, or make it again", archive_,
                 core::printable(name(a)));
    }
    return is_same;
  });
  entries_.erase(last, entries_.end());
  detail::IndexHeader header;
  header.archive = archive;
  header.entries = entries_.size();
  header.names = names_.size();
  const std::size_t entries_size = entries_.size() * sizeof(IndexEntry);
  std::vector<std::byte> block(sizeof(header) + entries_size + names_.size());
  // An archive can be without entries, and memcpy wants no null pointer.
  if (!entries_.empty()) {
    std::memcpy(block.data() + sizeof(header), entries_.data(), entries_size);
    std::memcpy(block.data() + sizeof(header) + entries_size, names_.data(), names_.size());
  }
  header.content = core::crc32(std::span(block).subspan(sizeof(header)));
  header.own = detail::checksum_of(header);
  std::memcpy(block.data(), &header, sizeof(header));
  return block;
}

}  // namespace hearth::archives
