/// The names of a tree's images as they were when its folders were listed, in one block of bytes that can be kept in a
/// file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>

namespace hearth::datasets {

/// What tells a folder from another one, and from itself after a name in it was added, removed or changed. Programs set
/// the time of modification as they like; the time of change is the file system's own.
struct FolderStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified = 0;  ///< in nanoseconds since 1970
  std::int64_t changed = 0;   ///< in nanoseconds since 1970

  friend bool operator==(const FolderStamp&, const FolderStamp&) = default;
};

/// A folder that was listed. The index holds these as they are.
struct FolderRecord {
  FolderStamp stamp;
  std::uint64_t path = 0;         ///< where its path from the root begins among the texts: "", "n01440764", "a/b"
  std::uint64_t names = 0;        ///< where the names of its images begin among the texts; each ends with a zero
  std::uint64_t first_image = 0;  ///< the number of its first image
  std::uint32_t path_size = 0;
  std::uint32_t images = 0;
  std::uint8_t is_settled = 0;  ///< does it have the same names as long as it has the same stamp?
  std::uint8_t is_link = 0;     ///< is its name that of a link?
  std::array<std::uint8_t, 6> unused = {};
};
static_assert(sizeof(FolderRecord) == 72);

/// Folders, each with its images in the order of their names. An image takes 4 bytes and its name.
class FolderListing {
 public:
  /// No folders.
  FolderListing() = default;

  /// The folders in `block`, which `owner` keeps. Throws Error when it is none, of another version or damaged: beside
  /// the checksums, every name is compared with the sizes.
  FolderListing(std::shared_ptr<const void> owner, std::span<const std::byte> block)
      : owner_(std::move(owner)), block_(block) {
    const auto check = [](bool is_right) { core::require(is_right, "it is no index of folders, or it is damaged"); };
    Header header;
    check(block.size() >= sizeof(header));
    std::memcpy(&header, block.data(), sizeof(header));
    check(header.mark == Header().mark && header.version == Header().version && header.own == checksum_of(header));
    const std::uint64_t rest = block.size() - sizeof(header);
    check(header.folders <= rest / sizeof(FolderRecord) && header.images <= rest / sizeof(std::uint32_t) &&
          header.texts <= rest &&
          header.folders * sizeof(FolderRecord) + header.images * sizeof(std::uint32_t) + header.texts == rest &&
          header.content == core::crc32(block.subspan(sizeof(header))));
    folders_ = static_cast<std::size_t>(header.folders);
    images_ = static_cast<std::size_t>(header.images);
    std::uint64_t images = 0;
    std::uint64_t texts = 0;
    for (std::size_t i = 0; i < folders_; ++i) {
      const FolderRecord own = record(i);
      const std::uint64_t end = i + 1 < folders_ ? record(i + 1).path : header.texts;
      check(own.path == texts && end <= header.texts && own.path <= end && own.path_size <= end - own.path &&
            own.names == own.path + own.path_size && own.first_image == images && own.images <= header.images - images);
      texts = end;
      images += own.images;
      const std::string_view text = names(i);
      check(text.empty() ? own.images == 0 : text.back() == '\0' && text.find('/') == text.npos);
      for (std::size_t image = own.first_image; image < images; ++image) {
        const std::uint32_t begin = offset(image);
        check(begin < text.size() && (begin == 0 || text[begin - 1] == '\0'));
      }
    }
    check(images == header.images && texts == (folders_ > 0 ? header.texts : 0));
  }

  std::size_t folders() const noexcept { return folders_; }
  std::size_t images() const noexcept { return images_; }

  FolderRecord record(std::size_t folder) const noexcept {
    return load<FolderRecord>(sizeof(Header) + folder * sizeof(FolderRecord));
  }

  /// The path of a folder from the root, without a slash at the end.
  std::string_view path(const FolderRecord& record) const noexcept {
    return texts().substr(record.path, record.path_size);
  }

  /// The names of a folder's images, each with a zero behind it: all up to the next folder's path. Where each begins
  /// there, in their order.
  std::string_view names(std::size_t folder) const noexcept {
    const std::size_t begin = record(folder).names;
    return texts().substr(begin, (folder + 1 < folders_ ? record(folder + 1).path : texts().size()) - begin);
  }
  std::uint32_t offset(std::size_t image) const noexcept {
    return load<std::uint32_t>(sizeof(Header) + folders_ * sizeof(FolderRecord) + image * sizeof(std::uint32_t));
  }

  /// The folder that image `index` is in, and the image's name there.
  FolderRecord folder_of(std::size_t index) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = folders_; low + 1 < high;) {
      const std::size_t middle = low + (high - low) / 2;
      (record(middle).first_image <= index ? low : high) = middle;
    }
    return record(low);
  }
  const char* name(const FolderRecord& folder, std::size_t index) const noexcept {
    return texts().data() + folder.names + offset(index);
  }

  /// The bytes of the index.
  std::span<const std::byte> block() const noexcept { return block_; }

 private:
  friend class FolderIndexBuilder;

  /// The beginning of a block; the records, the offsets of the names and the texts follow.
  struct Header {
    std::array<char, 8> mark{'h', 'e', 'a', 'r', 't', 'h', 'F', 'I'};
    std::uint32_t version = 1;  // of the format, and of what counts as an image
    std::uint32_t content = 0;  // CRC-32 of what follows this header
    std::uint64_t folders = 0;
    std::uint64_t images = 0;
    std::uint64_t texts = 0;  // bytes
    std::uint32_t unused = 0;
    std::uint32_t own = 0;  // CRC-32 of this header before this number
  };
  static_assert(sizeof(Header) == 48);

  static std::uint32_t checksum_of(const Header& header) noexcept {
    return core::crc32(std::as_bytes(std::span(&header, 1)).first(sizeof(Header) - sizeof(header.own)));
  }

  template <class T>
  T load(std::size_t place) const noexcept {
    T value;
    std::memcpy(static_cast<void*>(&value), block_.data() + place, sizeof(T));
    return value;
  }

  std::string_view texts() const noexcept {
    return core::as_text(
        block_.subspan(sizeof(Header) + folders_ * sizeof(FolderRecord) + images_ * sizeof(std::uint32_t)));
  }

  std::shared_ptr<const void> owner_;
  std::span<const std::byte> block_;
  std::size_t folders_ = 0;
  std::size_t images_ = 0;
};

/// Collects folders and makes the block of a FolderListing.
class FolderIndexBuilder {
 public:
  /// Appends a folder. `names` has its images' names, each with a zero behind it, and `offsets` where each begins, in
  /// their order.
  void add(FolderRecord record, std::string_view path, std::string_view names, std::span<const std::uint32_t> offsets) {
    record.path = texts_.size();
    record.path_size = static_cast<std::uint32_t>(path.size());
    texts_.append(path);
    record.names = texts_.size();
    texts_.append(names);
    record.first_image = offsets_.size();
    record.images = static_cast<std::uint32_t>(offsets.size());
    offsets_.insert(offsets_.end(), offsets.begin(), offsets.end());
    records_.push_back(record);
  }

  /// Appends a folder of a listing as it is there.
  void add(const FolderListing& listing, std::size_t folder) {
    const FolderRecord record = listing.record(folder);
    std::vector<std::uint32_t> offsets(record.images);
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      offsets[i] = listing.offset(record.first_image + i);
    }
    add(record, listing.path(record), listing.names(folder), offsets);
  }

  std::vector<std::byte> finish() const {
    FolderListing::Header header;
    header.folders = records_.size();
    header.images = offsets_.size();
    header.texts = texts_.size();
    std::vector<std::byte> block(sizeof(header));
    block.reserve(sizeof(header) + records_.size() * sizeof(FolderRecord) + offsets_.size() * sizeof(std::uint32_t) +
                  texts_.size());
    const auto append = [&](const auto& values) {
      const auto bytes = std::as_bytes(std::span(values));
      block.insert(block.end(), bytes.begin(), bytes.end());
    };
    append(records_);
    append(offsets_);
    append(texts_);
    header.content = core::crc32(std::span(block).subspan(sizeof(header)));
    header.own = FolderListing::checksum_of(header);
    std::memcpy(block.data(), &header, sizeof(header));
    return block;
  }

 private:
  std::vector<FolderRecord> records_;
  std::vector<std::uint32_t> offsets_;
  std::string texts_;
};

}  // namespace hearth::datasets
