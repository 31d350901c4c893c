/// The file that `pack_images` writes, open: what PackedImages reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// What a pack has of each image: `encoded`, the bytes of its file as they are, or `decoded`, its pixels.
enum class PackContent : std::uint32_t { encoded, decoded };

/// When the hash of a sample is compared with its bytes: `first_read`, when the sample is read first, `open`, of all
/// when the pack is opened, or `never`.
enum class PackCheck { first_read, open, never };

/// A sample of a pack, and the file that it was made of.
struct PackedSource {
  std::string name;           ///< from the dataset's folder: "n01440764/n01440764_18.JPEG"
  std::uint64_t size = 0;     ///< of the file, in bytes; 0: it was made of no file
  std::int64_t modified = 0;  ///< the file's time, in nanoseconds since 1970
};

}  // namespace hearth

namespace hearth::datasets {

struct PackEntry;

/// The pack is mapped: samples are read from the page cache, which all processes share. Everything is const, and
/// threads share one object. A pack that takes the file's name later changes nothing. One that is shortened in place
/// shows when a sample is read; should that happen in the middle of reading, the system ends the process (SIGBUS).
class PackFile {
 public:
  /// Throws Error naming the file when it cannot be read, is no pack, of another version, cut short or damaged. Table
  /// and names are always compared with their hash.
  PackFile(const std::filesystem::path& path, PackCheck check);
  ~PackFile();
  PackFile(const PackFile&) = delete;
  PackFile& operator=(const PackFile&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::size_t size() const noexcept { return size_; }
  PackContent content() const noexcept { return content_; }
  const std::vector<std::string>& classes() const noexcept { return classes_; }
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return class_to_index_; }
  const std::string& about() const noexcept { return about_; }

  /// These throw Error when there is no sample `index`.
  std::int64_t label(std::size_t index) const;
  std::string_view name(std::size_t index) const;
  PackedSource source(std::size_t index) const;

  /// The bytes of the image's file, of a pack of encoded images; the pixels, of one of decoded images; valid as long as
  /// this object. Throws Error naming pack and sample when they are damaged, or the image could not be read when it was
  /// packed; and when the pack holds the other.
  std::span<const std::byte> encoded(std::size_t index) const;
  ImageView pixels(std::size_t index) const;

  /// Compares all samples with their hashes. Throws Error naming the first that is damaged.
  void check_all() const;

 private:
  struct Mapping;

  PackEntry entry(std::size_t index) const;
  std::string name_of(std::size_t index) const;
  std::span<const std::byte> bytes(std::size_t index, const PackEntry& entry) const;
  void require(PackContent content, const char* instead) const;

  std::filesystem::path path_;
  std::unique_ptr<const Mapping> file_;
  std::size_t size_ = 0;
  PackContent content_ = PackContent::encoded;
  std::uint64_t table_ = 0;
  std::vector<std::string> classes_;
  std::map<std::string, std::int64_t> class_to_index_;
  std::string about_;
  std::unique_ptr<std::atomic<bool>[]> is_checked_;
};

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/pack_file.ipp>
#endif
