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

/// Folders, each with its images in the order of their names.
class FolderListing {
 public:
  std::size_t folders() const noexcept { return records_.size(); }
  std::size_t images() const noexcept { return offsets_.size(); }
  const FolderRecord& record(std::size_t folder) const noexcept { return records_[folder]; }

  /// The path of a folder from the root, without a slash at the end.
  std::string_view path(const FolderRecord& record) const noexcept {
    return std::string_view(texts_).substr(record.path, record.path_size);
  }

  /// The folder that image `index` is in, and the image's name there.
  const FolderRecord& folder_of(std::size_t index) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = records_.size(); low + 1 < high;) {
      const std::size_t middle = low + (high - low) / 2;
      (records_[middle].first_image <= index ? low : high) = middle;
    }
    return records_[low];
  }
  const char* name(const FolderRecord& folder, std::size_t index) const noexcept {
    return texts_.data() + folder.names + offsets_[index];
  }

  /// Appends a folder. `names` has its images' names, each with a zero behind it, and `offsets` where each begins, in
  /// their order. Throws Error when they are more than an index can hold.
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

  /// Appends a folder of another listing as it is there.
  void add(const FolderListing& other, const FolderRecord& record) {
    const auto offsets = std::span(other.offsets_).subspan(record.first_image, record.images);
    add(record, other.path(record), other.names(record), offsets);
  }

  void shrink_to_fit() {
    records_.shrink_to_fit();
    offsets_.shrink_to_fit();
    texts_.shrink_to_fit();
  }

  /// The block that `load` takes, with the folders of `rest` after these.
  std::vector<std::byte> block(const FolderListing& rest = {}) const {
    std::vector<FolderRecord> records = rest.records_;
    for (FolderRecord& record : records) {
      record.path += texts_.size();
      record.names += texts_.size();
      record.first_image += offsets_.size();
    }
    Header header;
    header.folders = records_.size() + records.size();
    header.images = offsets_.size() + rest.offsets_.size();
    header.texts = texts_.size() + rest.texts_.size();
    std::vector<std::byte> block(sizeof(header));
    block.reserve(sizeof(header) + header.folders * sizeof(FolderRecord) + header.images * sizeof(std::uint32_t) +
                  header.texts);
    const auto append = [&](const auto& values) {
      const auto bytes = std::as_bytes(std::span(values));
      block.insert(block.end(), bytes.begin(), bytes.end());
    };
    append(records_);
    append(records);
    append(offsets_);
    append(rest.offsets_);
    append(texts_);
    append(rest.texts_);
    header.content = core::crc32(std::span(block).subspan(sizeof(header)));
    header.own = checksum_of(header);
    std::memcpy(block.data(), &header, sizeof(header));
    return block;
  }

  /// Throws Error when the block is none, of another version or damaged: beside the checksums, every name is compared
  /// with the sizes.
  static FolderListing load(std::span<const std::byte> block) {
    const auto check = [](bool is_right) { core::require(is_right, "it is no index of folders, or it is damaged"); };
    Header header;
    check(block.size() >= sizeof(header));
    std::memcpy(&header, block.data(), sizeof(header));
    check(header.mark == Header().mark && header.version == Header().version && header.own == checksum_of(header));
    block = block.subspan(sizeof(header));
    check(header.folders <= block.size() / sizeof(FolderRecord) &&
          header.images <= block.size() / sizeof(std::uint32_t) && header.texts <= block.size() &&
          header.folders * sizeof(FolderRecord) + header.images * sizeof(std::uint32_t) + header.texts ==
              block.size() &&
          header.content == core::crc32(block));
    FolderListing listing;
    const auto take = [&](auto& values, std::uint64_t count) {
      values.resize(count);
      const std::size_t bytes = count * sizeof(values[0]);
      if (bytes > 0) {
        std::memcpy(static_cast<void*>(values.data()), block.data(), bytes);
      }
      block = block.subspan(bytes);
    };
    take(listing.records_, header.folders);
    take(listing.offsets_, header.images);
    take(listing.texts_, header.texts);
    std::uint64_t images = 0;
    std::uint64_t texts = 0;
    for (std::size_t i = 0; i < listing.records_.size(); ++i) {
      const FolderRecord& record = listing.records_[i];
      const std::uint64_t end = i + 1 < listing.records_.size() ? listing.records_[i + 1].path : header.texts;
      check(record.path == texts && record.path_size <= header.texts - texts &&
            record.names == record.path + record.path_size && record.names <= end && end <= header.texts &&
            record.first_image == images && record.images <= header.images - images);
      texts = end;
      images += record.images;
      const std::string_view names = listing.names(record);
      check(names.empty() ? record.images == 0 : names.back() == '\0' && names.find('/') == names.npos);
      for (std::size_t image = record.first_image; image < images; ++image) {
        const std::uint32_t offset = listing.offsets_[image];
        check(offset < names.size() && (offset == 0 || names[offset - 1] == '\0'));
      }
    }
    check(images == header.images && (header.folders > 0 || header.texts == 0));
    return listing;
  }

 private:
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

  /// The names of a folder's images: all up to the next folder's path.
  std::string_view names(const FolderRecord& record) const noexcept {
    const auto place = static_cast<std::size_t>(&record - records_.data());
    const std::size_t end = place + 1 < records_.size() ? records_[place + 1].path : texts_.size();
    return std::string_view(texts_).substr(record.names, end - record.names);
  }

  std::vector<FolderRecord> records_;
  std::vector<std::uint32_t> offsets_;  // of each image's name among those of its folder
  std::string texts_;
};

}  // namespace hearth::datasets
