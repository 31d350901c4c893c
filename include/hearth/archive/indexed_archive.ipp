#pragma once

#include <hearth/archive/indexed_archive.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include <hearth/archive/file_bytes.hpp>
#include <hearth/archive/index_cache.hpp>
#include <hearth/archive/inflate.hpp>
#include <hearth/archive/tar_headers.hpp>
#include <hearth/archive/zip_directory.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

namespace detail {

constexpr std::uint16_t zip_stored = 0;
constexpr std::uint16_t zip_deflated = 8;

/// A program that packs a whole archive, by the bytes that its files begin with.
struct Packer {
  std::string_view mark;
  const char* name;
  const char* unpack;
};

constexpr std::array<Packer, 8> packers{{
    {"\x1F\x8B", "gzip", "gunzip"},
    {"\x1F\x9D", "compress", "uncompress"},
    {"BZh", "bzip2", "bunzip2"},
    {{"\xFD"
      "7zXZ\0",
      6},
     "xz",
     "unxz"},
    {"\x28\xB5\x2F\xFD", "zstd", "unzstd"},
    {"\x04\x22\x4D\x18", "lz4", "unlz4"},
    {"7z\xBC\xAF\x27\x1C", "7-Zip", "7z x"},
    {"Rar!", "RAR", "unrar x"},
}};

inline ArchiveIdentity identity_of(const FileBytes& file) {
  const std::uint64_t part = std::min<std::uint64_t>(file.size(), 1 << 16);
  return {file.size(), file.changed(), core::crc32(file.read(0, part)),
          core::crc32(file.read(file.size() - part, part))};
}

/// False when the file has no list of a zip file.
inline bool index_zip(const FileBytes& file, IndexBuilder& index) {
  const auto add = [&](const ZipEntry& zip) {
    if (zip.offset > file.size() || zip.stored > file.size() - zip.offset) {
      core::fail("{}: the entry {} is damaged or cut short: it reaches past the archive's end; get it again",
                 core::printable(file.path()), core::printable(zip.name));
    }
    IndexEntry entry;
    entry.offset = zip.offset;
    entry.stored = zip.stored;
    entry.size = zip.size;
    entry.checksum = zip.checksum;
    entry.method = zip.method;
    entry.is_zip = 1;
    entry.is_encrypted = zip.is_encrypted ? 1 : 0;
    const bool is_folder = zip.name.ends_with('/');
    entry.kind = zip.is_link ? EntryKind::link : is_folder ? EntryKind::folder : EntryKind::file;
    index.add(zip.name, entry);
  };
  return for_each_zip_entry(file, add).has_value();
}

inline void index_entries(const FileBytes& file, IndexBuilder& index) {
  const std::string path = core::printable(file.path());
  const std::vector<std::byte> start = file.read(0, std::min<std::uint64_t>(file.size(), tar_block));
  const std::string_view text = core::as_text(start);
  for (const Packer& packer : packers) {
    core::require(!text.starts_with(packer.mark),
                  "{} is packed as a whole, by {}, so its entries cannot be read in place: make a plain tar archive of "
                  "it ({} {}), or unpack it and read the folder",
                  path, packer.name, packer.unpack, path);
  }
  const bool begins_as_zip = text.starts_with("PK\3\4") || text.starts_with("PK\5\6");
  if (!begins_as_zip && start.size() == tar_block && (TarHeader(start).is_sound() || TarHeader(start).is_empty())) {
    index_tar(file, index);
    return;
  }
  const bool is_zip = index_zip(file, index);
  core::require(is_zip || !begins_as_zip,
                "{} is a zip file cut short: the list of its entries, which stands at the end, is missing; get it "
                "again",
                path);
  core::require(is_zip, "{} is not a tar or zip archive", path);
}

}  // namespace detail

HEARTH_INLINE IndexedArchive::IndexedArchive(const std::filesystem::path& path,
                                             const std::optional<std::filesystem::path>& index_folder)
    : path_(path), file_(std::make_unique<const FileBytes>(path)) {
  const ArchiveIdentity identity = detail::identity_of(*file_);
  const std::filesystem::path folder = index_folder ? *index_folder : default_index_folder();
  const std::filesystem::path kept = folder.empty() ? folder : index_file(folder, path_);
  if (!kept.empty()) {
    if (std::optional<ArchiveIndex> index = load_index(kept, identity)) {
      index_ = std::make_unique<const ArchiveIndex>(std::move(*index));
      was_indexed_ = true;
      return;
    }
  }
  IndexBuilder builder(core::printable(path_));
  detail::index_entries(*file_, builder);
  const auto block = std::make_shared<const std::vector<std::byte>>(builder.finish(identity));
  index_ = std::make_unique<const ArchiveIndex>(block, std::span(*block));
  if (!kept.empty() && file_->changed() == identity.changed) {
    save_index(kept, index_->block());
  }
}

HEARTH_INLINE IndexedArchive::~IndexedArchive() = default;

HEARTH_INLINE std::string IndexedArchive::name_of(std::size_t entry) const {
  return core::printable(path_) + ": the entry " + core::printable(index_->name(entry));
}

HEARTH_INLINE void IndexedArchive::require_readable(std::size_t entry) const {
  const IndexEntry own = index_->entry(entry);
  if (own.kind == EntryKind::link) {
    core::fail("{} is a link, which is not followed in an archive: unpack it", name_of(entry));
  }
  if (own.kind != EntryKind::file) {
    core::fail("{} is no file", name_of(entry));
  }
  if (own.is_encrypted != 0) {
    core::fail("{} is encrypted: unpack the archive with its password", name_of(entry));
  }
  if (own.method != detail::zip_stored && own.method != detail::zip_deflated) {
    core::fail("{} is packed by zip's method {}, and only stored and deflated entries are read: unpack the archive",
               name_of(entry), own.method);
  }
}

HEARTH_INLINE std::vector<std::byte> IndexedArchive::read(std::size_t entry, std::uint64_t most) const {
  std::vector<std::byte> bytes;
  const std::size_t size = read(entry, bytes, most).size();
  bytes.resize(size);
  return bytes;
}

HEARTH_INLINE std::span<const std::byte> IndexedArchive::read(std::size_t entry, std::vector<std::byte>& memory,
                                                              std::uint64_t most) const {
  core::require(entry < index_->size(), "{} has no entry {}: there are {}", core::printable(path_), entry,
                index_->size());
  require_readable(entry);
  const IndexEntry own = index_->entry(entry);
  const auto require = [&](bool is_right, const char* fault) {
    if (!is_right) [[unlikely]] {
      core::fail("{} {}", name_of(entry), fault);
    }
  };
  constexpr const char* changed = "is not what it was when the archive was opened: the file has been written to since";
  if (own.size > most || own.stored > most) {
    core::fail("{} is larger than the {} bytes that are allowed", name_of(entry), most);
  }
  const bool is_tar = own.is_zip == 0;
  const auto stored = static_cast<std::size_t>(is_tar ? own.size : own.stored);
  if (memory.size() < stored) {
    memory.clear();  // nothing of it need be kept
    memory.resize(stored);
  }
  std::span<const std::byte> bytes(memory.data(), stored);
  std::array<std::byte, tar_block> header{};
  require(!is_tar || own.offset >= tar_block, changed);
  try {
    if (is_tar) {
      file_->read(own.offset - tar_block, header);
    }
    const std::uint64_t data = is_tar ? own.offset : zip_data_offset(*file_, own.offset, index_->name(entry));
    file_->read(data, std::span(memory.data(), stored));
  } catch (const Error& error) {
    core::fail("{} cannot be read: {}", name_of(entry), error.what());
  }
  if (is_tar) {
    require(core::crc32(header) == own.checksum, changed);
    return bytes;
  }
  if (own.method != detail::zip_stored) {
    try {
      std::vector<std::byte> inflated = own.size > 0 ? inflate(bytes, own.size) : std::vector<std::byte>();
      memory.swap(inflated);
      bytes = memory;
    } catch (const Error& error) {
      core::fail("{} is damaged: {}", name_of(entry), error.what());
    }
  }
  require(bytes.size() == own.size && core::crc32(bytes) == own.checksum,
          "is damaged: it is not what its checksum in the archive says; get the archive again");
  return bytes;
}

}  // namespace hearth::archives
