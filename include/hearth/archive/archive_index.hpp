/// The entries of an archive by their names, in one block of bytes that can lie in memory or in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/archive/entry_kind.hpp>
#include <hearth/core/inline.hpp>

namespace hearth::archives {

/// What tells an archive from another one, and from itself at another time.
struct ArchiveIdentity {
  std::uint64_t size = 0;
  std::int64_t changed = 0;  ///< in nanoseconds since 1970
  std::uint32_t start = 0;   ///< CRC-32 of the first 64 KiB
  std::uint32_t end = 0;     ///< CRC-32 of the last 64 KiB

  friend bool operator==(const ArchiveIdentity&, const ArchiveIdentity&) = default;
};

/// Where an entry lies in its archive and how it is packed. The index holds these as they are.
struct IndexEntry {
  std::uint64_t offset = 0;    ///< tar: where the data begin, after their header; zip: where the local header begins
  std::uint64_t stored = 0;    ///< the bytes that the data take in the archive
  std::uint64_t size = 0;      ///< the bytes of the data, unpacked
  std::uint32_t checksum = 0;  ///< CRC-32: tar: of the header before the data; zip: of the unpacked data
  std::uint32_t name = 0;      ///< where the name begins among the names
  std::uint16_t name_size = 0;
  std::uint16_t method = 0;  ///< zip's: 0 is stored, 8 deflated
  EntryKind kind = EntryKind::file;
  std::uint8_t is_zip = 0;
  std::uint8_t is_encrypted = 0;
  std::uint8_t unused = 0;
};
static_assert(sizeof(IndexEntry) == 40);

/// Entries as a part of the index: from `begin` to before `end`.
struct IndexRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The entries of an archive, sorted bytewise by name. Names have slashes between their parts, and none at the
/// beginning or the end. An entry takes 40 bytes and its name.
class ArchiveIndex {
 public:
  /// The index in `block`, which `owner` keeps. Throws Error when it is none, of another version or damaged: beside the
  /// checksums, every name and every offset is compared with the sizes of the block and of the archive.
  ArchiveIndex(std::shared_ptr<const void> owner, std::span<const std::byte> block);

  std::size_t size() const noexcept { return size_; }
  const ArchiveIdentity& archive() const noexcept { return archive_; }

  /// Entry `index`, which is below `size()`, and its name, valid as long as the index.
  IndexEntry entry(std::size_t index) const noexcept;
  std::string_view name(std::size_t index) const noexcept;

  /// The entry of this name.
  std::optional<std::size_t> find(std::string_view name) const noexcept;

  /// The entries below the folder, at any depth; all where `folder` is empty.
  IndexRange below(std::string_view folder) const;

  /// The bytes of the index.
  std::span<const std::byte> block() const noexcept { return block_; }

 private:
  std::size_t first_not_before(std::string_view name) const noexcept;

  std::shared_ptr<const void> owner_;
  std::span<const std::byte> block_;
  std::size_t size_ = 0;
  ArchiveIdentity archive_;
};

/// Collects the entries of an archive and makes the index of them.
class IndexBuilder {
 public:
  /// `archive` is the archive's name, for messages.
  explicit IndexBuilder(std::string archive) : archive_(std::move(archive)) {}

  /// `name` is as the archive has it: `.` and doubled slashes fall away. Throws Error when it points outside (an
  /// absolute path, a `..`) or is longer than 65,535 bytes.
  void add(std::string_view name, IndexEntry entry);

  /// The block of an ArchiveIndex. Throws Error when the archive has a file twice.
  std::vector<std::byte> finish(const ArchiveIdentity& archive);

 private:
  std::string_view name(const IndexEntry& entry) const noexcept {
    return std::string_view(names_).substr(entry.name, entry.name_size);
  }

  std::string archive_;
  std::vector<IndexEntry> entries_;
  std::string names_;
};

}  // namespace hearth::archives

#ifndef HEARTH_COMPILED
#include <hearth/archive/archive_index.ipp>
#endif
