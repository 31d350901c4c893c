#pragma once

#include <hearth/datasets/pack_file.hpp>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/pack_format.hpp>

namespace hearth::datasets {

/// Beside the bytes, the file stays open, to see that it has not become shorter.
struct PackFile::Mapping {
  explicit Mapping(const std::filesystem::path& path) : file(core::open_file(path)) {
    if (file.size == 0) {
      return;
    }
    // Nothing is read ahead: a pack may be larger than memory, and its samples are read in any order.
    void* const memory =
        ::mmap(nullptr, static_cast<std::size_t>(file.size), PROT_READ, MAP_SHARED, file.descriptor.number(), 0);
    if (memory == MAP_FAILED) {
      core::fail_on_file("cannot map", path, errno);
    }
    bytes = {static_cast<const std::byte*>(memory), static_cast<std::size_t>(file.size)};
  }
  ~Mapping() {
    if (!bytes.empty()) {
      ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
    }
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  /// Has it all the bytes that were mapped?
  bool is_whole() const noexcept {
    struct ::stat status {};
    return ::fstat(file.descriptor.number(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) >= file.size;
  }

  /// Asks for the bytes of a sample at once, where they are not in memory; page by page takes a disk longer.
  void read_ahead(std::span<const std::byte> part) const noexcept {
    const auto page = static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
    const auto begin = static_cast<std::size_t>(part.data() - bytes.data());
    const std::size_t first = begin / page * page;
    ::madvise(const_cast<std::byte*>(bytes.data() + first), begin + part.size() - first, MADV_WILLNEED);
  }

  core::OpenFile file;
  std::span<const std::byte> bytes;
};

namespace detail {

/// Takes numbers and texts one after the other. Throws Error where the bytes end.
class PackTexts {
 public:
  explicit PackTexts(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t number() {
    const auto value = core::load_little_endian<std::uint64_t>(bytes_, 0);
    bytes_ = bytes_.subspan(sizeof(value));
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    core::require(size <= bytes_.size(), "a text ends after the data");
    const std::string value(core::as_text(bytes_.first(static_cast<std::size_t>(size))));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return value;
  }
  /// A number of things, each of which takes at least 8 bytes.
  std::uint64_t count() {
    const std::uint64_t value = number();
    core::require(value <= bytes_.size() / sizeof(std::uint64_t), "a list ends after the data");
    return value;
  }
  bool is_empty() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace detail

HEARTH_INLINE PackFile::PackFile(const std::filesystem::path& path, PackCheck check)
    : path_(path), file_(std::make_unique<const Mapping>(path)) {
  const std::string name = core::printable(path_);
  const std::span<const std::byte> bytes = file_->bytes;
  PackHeader header;
  core::require(
      bytes.size() >= sizeof(header.mark) && std::memcmp(bytes.data(), header.mark.data(), sizeof(header.mark)) == 0,
      "{} is no pack of images: hearth-pack and pack_images make one", name);
  core::require(bytes.size() >= sizeof(header), "{} is a pack of images that was cut short: make it again", name);
  const std::uint32_t version = header.version;
  std::memcpy(&header, bytes.data(), sizeof(header));
  core::require(header.version == version, "{} is a pack of images of version {}, and this is the reader of version {}",
                name, header.version, version);
  core::require(header.own == checksum_of(header), "{} is a pack of images whose header is damaged: make it again",
                name);
  core::require(
      header.file_size == bytes.size(),
      "{} is a pack of images of {} bytes, but the file has {}: it was cut short or written to; make it again", name,
      header.file_size, bytes.size());
  const auto require = [&](bool is_right) {
    core::require(is_right, "{} is a pack of images whose table is damaged: make it again", name);
  };
  require(header.content <= static_cast<std::uint32_t>(PackContent::decoded) && header.table >= sizeof(header) &&
          header.table <= bytes.size());
  const std::uint64_t rest = bytes.size() - header.table;
  require(header.samples <= rest / sizeof(PackEntry) && header.names <= rest && header.about <= rest &&
          header.samples * sizeof(PackEntry) + header.names + header.about == rest);
  const auto table = bytes.subspan(static_cast<std::size_t>(header.table));
  file_->read_ahead(table);
  require(core::crc32(table) == header.checksum);
  size_ = static_cast<std::size_t>(header.samples);
  table_ = header.table;
  content_ = static_cast<PackContent>(header.content);
  try {
    detail::PackTexts texts(table.subspan(static_cast<std::size_t>(rest - header.about)));
    about_ = texts.text();
    classes_.resize(static_cast<std::size_t>(texts.count()));
    for (std::string& each : classes_) {
      each = texts.text();
    }
    for (std::uint64_t count = texts.count(); count > 0; --count) {
      const std::string folder = texts.text();
      class_to_index_.emplace(folder, static_cast<std::int64_t>(texts.number()));
    }
    require(texts.is_empty());
  } catch (const Error&) {
    require(false);
  }
  std::uint64_t end = sizeof(header);
  for (std::size_t i = 0; i < size_; ++i) {
    const PackEntry own = entry(i);
    const std::uint64_t pixels = std::uint64_t{own.height} * own.width;  // less than 2^64
    constexpr std::uint32_t longest = std::numeric_limits<int>::max();
    require(own.offset >= end && own.offset <= header.table && own.size <= header.table - own.offset &&
            own.name <= header.names && own.name_size <= header.names - own.name && own.is_bad <= 1);
    require(content_ == PackContent::encoded || own.is_bad != 0 ||
            (own.height > 0 && own.height <= longest && own.width > 0 && own.width <= longest && own.channels > 0 &&
             own.channels <= 1024 && own.size / own.channels == pixels && own.size % own.channels == 0));
    require(classes_.empty() || (own.label >= 0 && static_cast<std::uint64_t>(own.label) < classes_.size()));
    end = own.offset + own.size;
  }
  if (check != PackCheck::never) {
    is_checked_ = std::make_unique<std::atomic<bool>[]>(size_);
  }
  if (check == PackCheck::open) {
    check_all();
  }
}

HEARTH_INLINE PackFile::~PackFile() = default;

HEARTH_INLINE PackEntry PackFile::entry(std::size_t index) const {
  if (index >= size_) [[unlikely]] {
    core::fail("PackedImages: index {} is out of range: there are {} images", index, size_);
  }
  PackEntry entry;
  std::memcpy(&entry, file_->bytes.data() + table_ + index * sizeof(entry), sizeof(entry));
  return entry;
}

HEARTH_INLINE std::int64_t PackFile::label(std::size_t index) const {
  return entry(index).label;
}

HEARTH_INLINE std::string_view PackFile::name(std::size_t index) const {
  const PackEntry own = entry(index);
  const auto names = static_cast<std::size_t>(table_ + size_ * sizeof(PackEntry));
  return core::as_text(file_->bytes.subspan(names + static_cast<std::size_t>(own.name), own.name_size));
}

HEARTH_INLINE PackedSource PackFile::source(std::size_t index) const {
  const PackEntry own = entry(index);
  return {std::string(name(index)), own.source_size, own.source_modified};
}

HEARTH_INLINE std::string PackFile::name_of(std::size_t index) const {
  return fmt::format("{}: the image {}", core::printable(path_), core::printable(name(index)));
}

HEARTH_INLINE std::span<const std::byte> PackFile::bytes(std::size_t index, const PackEntry& entry) const {
  if (!file_->is_whole()) [[unlikely]] {
    core::fail("{} was cut short since it was opened: make it again", core::printable(path_));
  }
  const auto bytes = file_->bytes.subspan(static_cast<std::size_t>(entry.offset), static_cast<std::size_t>(entry.size));
  if (is_checked_ != nullptr && !is_checked_[index].load(std::memory_order_relaxed)) {
    file_->read_ahead(bytes);
    if (core::crc32(bytes) != entry.checksum) {
      core::fail("{} is damaged: its hash is not the one it was packed with; make the pack again", name_of(index));
    }
    is_checked_[index].store(true, std::memory_order_relaxed);
  }
  if (entry.is_bad != 0) {
    core::fail("{} could not be read when it was packed: {}", name_of(index), core::printable(core::as_text(bytes)));
  }
  return bytes;
}

HEARTH_INLINE void PackFile::require(PackContent content, const char* instead) const {
  if (content_ != content) {
    core::fail("PackedImages: {} holds {} images: use {}", core::printable(path_),
               content_ == PackContent::encoded ? "encoded" : "decoded", instead);
  }
}

HEARTH_INLINE std::span<const std::byte> PackFile::encoded(std::size_t index) const {
  require(PackContent::encoded, "image(index)");
  return bytes(index, entry(index));
}

HEARTH_INLINE ImageView PackFile::pixels(std::size_t index) const {
  require(PackContent::decoded, "encoded(index)");
  const PackEntry own = entry(index);
  const auto pixels = bytes(index, own);
  const auto width = static_cast<int>(own.width);
  const auto channels = static_cast<int>(own.channels);
  return {reinterpret_cast<const std::uint8_t*>(pixels.data()), static_cast<int>(own.height), width, channels,
          std::ptrdiff_t{width} * channels};
}

HEARTH_INLINE void PackFile::check_all() const {
  for (std::size_t i = 0; i < size_; ++i) {
    const PackEntry own = entry(i);
    const auto part = file_->bytes.subspan(static_cast<std::size_t>(own.offset), static_cast<std::size_t>(own.size));
    core::require(file_->is_whole(), "{} was cut short since it was opened: make it again", core::printable(path_));
    if (core::crc32(part) != own.checksum) {
      core::fail("{} is damaged: its hash is not the one it was packed with; make the pack again", name_of(i));
    }
    if (is_checked_ != nullptr) {
      is_checked_[i].store(true, std::memory_order_relaxed);
    }
  }
}

}  // namespace hearth::datasets
