/// Reads the entries of a zip, tar or tar.gz file in the order in which they lie there, with libarchive.
#pragma once

#if !__has_include(<archive.h>)
#error \
    "hearth/archive needs libarchive: install it (Debian and Ubuntu: apt install libarchive-dev) and link hearth::archive"
#endif

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/archive/entry_kind.hpp>
#include <hearth/archive/zip_directory.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

namespace detail {

/// In its scope this thread's character set is UTF-8: in the "C" locale, which programs begin in, libarchive gives no
/// name that is not ASCII.
class Utf8Names {
 public:
  Utf8Names() noexcept : before_(utf8() != locale_t{} ? ::uselocale(utf8()) : locale_t{}) {}
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (before_ != locale_t{}) {
      ::uselocale(before_);
    }
  }

 private:
  static locale_t utf8() noexcept {
    static const locale_t locale = [] {
      const locale_t plain = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
      return plain != locale_t{} ? plain : ::newlocale(LC_CTYPE_MASK, "en_US.UTF-8", locale_t{});
    }();
    return locale;
  }

  locale_t before_;
};

}  // namespace detail

/// Goes through an archive once, from its first entry to its last:
///
///     ArchiveReader archive{"photos.zip"};
///     while (archive.next()) {
///       if (archive.kind() == EntryKind::file) use(archive.name(), archive.read());
///     }
///
/// Every fault of the file, a cut-off end or a wrong checksum (zip has one per entry) among them, is an Error that
/// names the archive and, inside one, the entry. So is an entry of a zip file whose name in the list at the archive's
/// end is not the one before its data.
class ArchiveReader {
 public:
  /// Throws Error when the file cannot be opened, is none of the three formats, or is a zip without its end.
  explicit ArchiveReader(std::filesystem::path path) : path_(std::move(path)), archive_(archive_read_new()) {
    std::error_code error;
    core::require(std::filesystem::is_regular_file(path_, error), "ArchiveReader: {} is not a file",
                  core::printable(path_));
    core::require(archive_ != nullptr, "ArchiveReader: no memory to open {}", core::printable(path_));
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_gnutar(archive_.get());
    archive_read_support_format_zip_seekable(archive_.get());  // by the directory at its end: a cut is seen at once
    if (archive_read_open_filename(archive_.get(), path_.c_str(), block_size) != ARCHIVE_OK) {
      fail_to_open();
    }
    if (start_of_file() == zip_start) {
      read_zip_directory(path_, /*check_names=*/true);
    }
  }

  const std::filesystem::path& path() const noexcept { return path_; }

  /// Goes to the next entry; false when there is none.
  bool next() {
    const detail::Utf8Names utf8;
    const int status = at_end_ ? ARCHIVE_EOF : archive_read_next_header(archive_.get(), &entry_);
    at_end_ = status == ARCHIVE_EOF;
    if (at_end_) {
      return false;
    }
    if (status < ARCHIVE_WARN && count_ == 0) {
      fail_to_open();
    }
    core::require(status >= ARCHIVE_WARN, "{}: damaged or cut short after the entry {}: {}", core::printable(path_),
                  core::printable(name_), reason());
    const char* name = archive_entry_pathname(entry_);
    core::require(name != nullptr, "{}: the name of the entry after {} cannot be read", core::printable(path_),
                  core::printable(name_));
    name_ = name;
    ++count_;
    return true;
  }

  /// The entry's name as the archive has it: nothing about it is to be trusted.
  const std::string& name() const noexcept { return name_; }

  EntryKind kind() const noexcept {
    if (archive_entry_hardlink(entry_) != nullptr) {
      return EntryKind::link;
    }
    switch (archive_entry_filetype(entry_)) {
      case AE_IFREG:
        return EntryKind::file;
      case AE_IFDIR:
        return EntryKind::folder;
      case AE_IFLNK:
        return EntryKind::link;
      default:
        return EntryKind::other;
    }
  }

  /// The size in bytes that the archive promises for the entry.
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(archive_entry_size(entry_)); }

  /// The next stretch of the entry's bytes, valid until the next call; empty after the last.
  std::span<const std::byte> read_some() {
    buffer_.resize(block_size);
    const la_ssize_t count = archive_read_data(archive_.get(), buffer_.data(), buffer_.size());
    core::require(count >= 0, "{}: the entry {} is damaged or cut short: {}", core::printable(path_),
                  core::printable(name_), reason());
    return std::span(buffer_).first(static_cast<std::size_t>(count));
  }

  /// The entry's bytes. Throws Error when there are more than `max_size`, before it holds more than that.
  std::vector<std::byte> read(std::size_t max_size = std::size_t{1} << 30) {
    std::vector<std::byte> bytes;
    for (auto part = read_some(); !part.empty(); part = read_some()) {
      core::require(part.size() <= max_size - bytes.size(),
                    "{}: the entry {} is larger than the {} bytes that are allowed", core::printable(path_),
                    core::printable(name_), max_size);
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
  }

 private:
  static constexpr std::size_t block_size = std::size_t{1} << 18;

  struct Close {
    void operator()(::archive* reader) const noexcept { archive_read_free(reader); }
  };

  std::string_view reason() const noexcept {
    const char* text = archive_error_string(archive_.get());
    return text != nullptr ? text : "it ends too early";
  }

  static constexpr std::array<char, 4> zip_start{'P', 'K', '\3', '\4'};

  std::array<char, 4> start_of_file() const {
    std::array<char, 4> start{};
    std::ifstream(path_, std::ios::binary).read(start.data(), start.size());
    return start;
  }

  [[noreturn]] void fail_to_open() const {
    const std::array<char, 4> start = start_of_file();
    core::require(
        start != zip_start,
        "{} is a zip file cut short: the list of its entries, which stands at the end, is missing; get it again",
        core::printable(path_));
    core::require(start[0] != '\x1f' || start[1] != '\x8b', "{} is not a tar.gz archive, or it is cut short: {}",
                  core::printable(path_), reason());
    core::fail("{} is not a zip, tar or tar.gz archive: {}", core::printable(path_), reason());
  }

  std::filesystem::path path_;
  std::unique_ptr<::archive, Close> archive_;
  archive_entry* entry_ = nullptr;  // libarchive's, overwritten by next()
  std::string name_;
  std::size_t count_ = 0;
  bool at_end_ = false;
  std::vector<std::byte> buffer_;
};

}  // namespace hearth::archives
