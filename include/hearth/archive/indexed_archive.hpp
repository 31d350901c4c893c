/// A tar or zip archive whose entries are read in place, in any order and by many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hearth/archive/archive_index.hpp>
#include <hearth/core/inline.hpp>

namespace hearth::archives {

class FileBytes;

/// An archive with the index of its entries. All of it is const and without locks: threads share one object.
///
/// The index is made when the archive is first opened, of a tar by going from header to header, of a zip from the list
/// at its end, and kept in a cache folder. There it counts while the archive has the same size, time, beginning and
/// end. The archive stays open: a file that takes its name later changes nothing. What is written into it, or cut off,
/// shows when an entry is read: in a tar each is preceded by its header, in a zip it has a checksum.
class IndexedArchive {
 public:
  /// `index_folder`: where the index is kept; left out, XDG_CACHE_HOME/hearth/archives or ~/.cache/hearth/archives;
  /// empty, nowhere. Throws Error naming the archive, and the entry where there is one, when it cannot be read, is
  /// neither tar nor zip, is compressed as a whole, is damaged or cut short, has a file twice, or has an entry that
  /// points outside.
  explicit IndexedArchive(const std::filesystem::path& path,
                          const std::optional<std::filesystem::path>& index_folder = std::nullopt);
  ~IndexedArchive();
  IndexedArchive(const IndexedArchive&) = delete;
  IndexedArchive& operator=(const IndexedArchive&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  const ArchiveIndex& index() const noexcept { return *index_; }

  /// Was the index found, and not made by this object?
  bool was_indexed() const noexcept { return was_indexed_; }

  /// Throws Error naming archive and entry when the entry is a link, encrypted, or packed in another way than deflate.
  void require_readable(std::size_t entry) const;

  /// The entry's bytes. Throws Error naming archive and entry when they are not those that were indexed, damaged, more
  /// than `most`, or in no state to be read.
  std::vector<std::byte> read(std::size_t entry, std::uint64_t most = std::uint64_t{1} << 30) const;

  /// The same into memory that is kept: it grows where it is too small, and the bytes are its first. Only an entry that
  /// is compressed takes other memory.
  std::span<const std::byte> read(std::size_t entry, std::vector<std::byte>& memory,
                                  std::uint64_t most = std::uint64_t{1} << 30) const;

 private:
  std::string name_of(std::size_t entry) const;

  std::filesystem::path path_;
  std::unique_ptr<const FileBytes> file_;
  std::unique_ptr<const ArchiveIndex> index_;
  bool was_indexed_ = false;
};

}  // namespace hearth::archives

#ifndef HEARTH_COMPILED
#include <hearth/archive/indexed_archive.ipp>
#endif
