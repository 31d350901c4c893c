/// Goes through a tar archive from header to header, without reading what is between them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/archive/archive_index.hpp>
#include <hearth/archive/entry_kind.hpp>
#include <hearth/archive/file_bytes.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::archives {

constexpr std::size_t tar_block = 512;

/// A header of a tar archive: ustar (POSIX.1-1988), GNU's or the older one.
class TarHeader {
 public:
  explicit TarHeader(std::span<const std::byte> block) : bytes_(block.first(tar_block)) {}

  /// Two such blocks are the end of an archive.
  bool is_empty() const noexcept {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::byte byte) { return byte == std::byte{0}; });
  }

  /// Whether the sum of its bytes is the one that stands in it. Old programs added them up as signed numbers.
  bool is_sound() const noexcept {
    std::uint64_t sum = 0;
    std::int64_t signed_sum = 0;
    for (std::size_t i = 0; i < tar_block; ++i) {
      const bool is_sum = i >= sum_at && i < sum_at + 8;
      const auto byte = is_sum ? std::uint8_t{' '} : std::to_integer<std::uint8_t>(bytes_[i]);
      sum += byte;
      signed_sum += static_cast<std::int8_t>(byte);
    }
    const std::optional<std::uint64_t> stated = number(sum_at, 8);
    return stated && (*stated == sum || static_cast<std::int64_t>(*stated) == signed_sum);
  }

  /// The data's bytes; none when that is no number.
  std::optional<std::uint64_t> size() const noexcept { return number(124, 12); }

  char type() const noexcept { return std::to_integer<char>(bytes_[156]); }

  std::string name() const {
    const std::string_view own = text(0, 100);
    const bool is_ustar = core::as_text(bytes_.subspan(257, 6)) == std::string_view("ustar\0", 6);
    const std::string_view before = is_ustar ? text(345, 155) : std::string_view();
    return before.empty() ? std::string(own) : std::string(before) + '/' + std::string(own);
  }

 private:
  static constexpr std::size_t sum_at = 148;

  std::string_view text(std::size_t at, std::size_t size) const noexcept {
    const std::string_view field = core::as_text(bytes_.subspan(at, size));
    return field.substr(0, field.find('\0'));
  }

  /// Octal digits, or, as GNU has it, a number of 8 bits a byte after the byte 0x80.
  std::optional<std::uint64_t> number(std::size_t at, std::size_t size) const noexcept {
    const std::span<const std::byte> field = bytes_.subspan(at, size);
    std::uint64_t value = 0;
    if (const auto first = std::to_integer<std::uint8_t>(field[0]); first >= 0x80) {
      if (first != 0x80) {
        return std::nullopt;  // negative, or larger than anything
      }
      for (const std::byte byte : field.subspan(1)) {
        if (value >> 55 != 0) {
          return std::nullopt;
        }
        value = value << 8 | std::to_integer<std::uint8_t>(byte);
      }
      return value;
    }
    std::string_view digits = core::as_text(field);
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    digits = digits.substr(0, digits.find_first_of(std::string_view(" \0", 2)));
    for (const char digit : digits) {
      if (digit < '0' || digit > '7') {
        return std::nullopt;
      }
      value = value << 3 | static_cast<std::uint64_t>(digit - '0');
    }
    return value;
  }

  std::span<const std::byte> bytes_;
};

namespace detail {

/// Reads headers ahead: few bytes where what lies between them is large, many where headers stand close together.
class HeadersAhead {
 public:
  explicit HeadersAhead(const FileBytes& file) : file_(file) {}

  /// `size` bytes at `offset`, which the file has; valid until the next call.
  std::span<const std::byte> at(std::uint64_t offset, std::size_t size) {
    if (offset < begin_ || offset - begin_ > window_.size() || window_.size() - (offset - begin_) < size) {
      constexpr std::uint64_t close = 1 << 14;
      constexpr std::uint64_t few = 2048;
      constexpr std::uint64_t many = 1 << 18;
      const std::uint64_t end = begin_ + window_.size();
      const std::uint64_t wanted = offset >= end && offset - end > close ? few : many;
      begin_ = offset;
      window_.resize(static_cast<std::size_t>(
          std::min(std::max<std::uint64_t>(size, wanted), file_.size() - std::min(offset, file_.size()))));
      file_.read(offset, window_);
    }
    return std::span<const std::byte>(window_).subspan(static_cast<std::size_t>(offset - begin_), size);
  }

 private:
  const FileBytes& file_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> window_;
};

/// What the headers that stand before an entry's own say about it.
struct BeforeTarEntry {
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;
  bool is_sparse = false;
};

/// A tar archive's headers, and those of the tar archives in it.
class TarIndexer {
 public:
  TarIndexer(const FileBytes& file, IndexBuilder& index) : headers_(file), index_(index) {}

  /// The archive from `begin` to `end`; `folder` comes before its names. `what` is the archive for messages.
  void add(std::uint64_t begin, std::uint64_t end, const std::string& folder, const std::string& what, int depth) {
    BeforeTarEntry before;
    std::string last;  // for messages
    const auto require = [&](bool is_right, const char* fault) {
      if (!is_right) [[unlikely]] {
        core::fail("{}: damaged or cut short after {}: {}; get it again", what,
                   last.empty() ? "its beginning" : "the entry " + core::printable(last), fault);
      }
    };
    for (std::uint64_t at = begin;;) {
      require(end - at >= tar_block, "it ends without the empty block that is a tar archive's end");
      const TarHeader header(headers_.at(at, tar_block));
      if (header.is_empty()) {
        break;
      }
      require(header.is_sound(), "there is no header of an entry where one should be");
      const char type = header.type();
      const std::optional<std::uint64_t> stated = header.size();
      const bool has_data = type < '1' || type > '6';  // neither links nor folders nor devices have any
      require(stated.has_value() || !has_data, "the size of an entry is no number");
      const std::uint64_t data = at + tar_block;
      const bool is_about_next = type == 'x' || type == 'g' || type == 'L' || type == 'K';
      const std::uint64_t size = !has_data ? 0 : is_about_next ? *stated : before.size.value_or(*stated);
      const std::string name = is_about_next ? last : before.name ? *before.name : header.name();
      last = name;
      if (name.starts_with('/')) {
        core::fail("{}: the entry {} has an absolute path and is refused", what, core::printable(name));
      }
      require(size <= end - data, "it ends within the entry's data");
      at = data + std::min((size + tar_block - 1) / tar_block * tar_block, end - data);
      if (is_about_next) {
        read_about_next(type, data, size, before, require);
        continue;
      }
      if (before.is_sparse || type == 'S' || type == 'M') {
        core::fail("{}: the entry {} is {}, which is not read in place: unpack the archive", what,
                   core::printable(name), type == 'M' ? "a part of a file" : "a file with holes");
      }
      before = {};
      IndexEntry entry;
      entry.offset = data;
      entry.stored = size;
      entry.size = size;
      entry.checksum = core::crc32(headers_.at(data - tar_block, tar_block));
      entry.kind = kind_of(type, name);
      if (entry.kind == EntryKind::file && is_tar(name, data, size)) {
        core::require(depth < most_depth, "{}: the entry {} is the {}th tar archive within another", what,
                      core::printable(name), depth + 1);
        const std::string inner = folder + name.substr(0, name.size() - tar_ending.size());
        IndexEntry own;
        own.offset = data;
        own.kind = EntryKind::folder;
        index_.add(inner, own);
        add(data, data + size, inner + '/', what + ": " + core::printable(name), depth + 1);
        continue;
      }
      index_.add(folder + name, entry);
    }
  }

 private:
  static constexpr std::string_view tar_ending = ".tar";
  static constexpr int most_depth = 8;

  static EntryKind kind_of(char type, const std::string& name) noexcept {
    switch (type) {
      case '\0':
      case '0':
      case '7':
        return name.ends_with('/') ? EntryKind::folder : EntryKind::file;
      case '1':
      case '2':
        return EntryKind::link;
      case '5':
      case 'D':
        return EntryKind::folder;
      default:
        return EntryKind::other;
    }
  }

  bool is_tar(const std::string& name, std::uint64_t data, std::uint64_t size) {
    const std::size_t slash = name.rfind('/') + 1;  // 0 where there is none
    if (!name.ends_with(tar_ending) || name.size() - slash == tar_ending.size() || size < tar_block) {
      return false;
    }
    const TarHeader first(headers_.at(data, tar_block));
    return first.is_empty() || first.is_sound();
  }

  /// A header whose data are about the entry that comes next: its long name, or records of POSIX.1-2001.
  template <class Require>
  void read_about_next(char type, std::uint64_t data, std::uint64_t size, BeforeTarEntry& before,
                       const Require& require) {
    constexpr std::uint64_t most = 1 << 20;
    require(size <= most, "what should be the name of the next entry is larger than a megabyte");
    if (type == 'g' || type == 'K') {  // about all entries: a comment as a rule; where a link leads
      return;
    }
    std::string_view text = core::as_text(headers_.at(data, static_cast<std::size_t>(size)));
    if (type == 'L') {
      before.name = text.substr(0, text.find('\0'));
      return;
    }
    while (!text.empty() && text.front() != '\0') {  // "LENGTH KEY=VALUE\n", the length of all of it
      std::size_t length = 0;
      std::size_t digits = 0;
      for (; digits < text.size() && digits < 8 && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        length = length * 10 + static_cast<std::size_t>(text[digits] - '0');
      }
      require(
          digits > 0 && length > digits + 1 && length <= text.size() && text[digits] == ' ' && text[length - 1] == '\n',
          "the record before the next entry cannot be read");
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      const std::size_t equals = record.find('=');
      require(equals != record.npos, "the record before the next entry cannot be read");
      const std::string_view key = record.substr(0, equals);
      const std::string_view value = record.substr(equals + 1);
      if (key == "path") {
        require(value.find('\0') == value.npos, "the name of the next entry has a zero in it");
        before.name = value;
      } else if (key == "size") {
        std::uint64_t bytes = 0;
        require(!value.empty() && value.size() <= 18, "the size of the next entry is no number");
        for (const char digit : value) {
          require(digit >= '0' && digit <= '9', "the size of the next entry is no number");
          bytes = bytes * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        before.size = bytes;
      } else if (key.starts_with("GNU.sparse.")) {
        before.is_sparse = true;
      }
      text.remove_prefix(length);
    }
  }

  HeadersAhead headers_;
  IndexBuilder& index_;
};

}  // namespace detail

/// Adds the entries of the tar archive to the index. A tar archive in it, "n01440764.tar", is a folder, "n01440764", of
/// its entries, and so on. Throws Error naming the archive, and the entry before, when it is damaged or cut short,
/// which shows in a header that is none, in an entry that reaches past the end, and in an end without its mark.
inline void index_tar(const FileBytes& file, IndexBuilder& index) {
  detail::TarIndexer(file, index).add(0, file.size(), "", core::printable(file.path()), 1);
}

}  // namespace hearth::archives
