/// A zip archive of stored entries as torch.save lays it out: every entry's bytes begin at a multiple of 64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/output_file.hpp>

namespace hearth::zip {

/// Writes entries one after the other to a file. The same entries give the same bytes: no times are stored.
class Writer {
 public:
  explicit Writer(weights::OutputFile& file) : file_(file) {}

  /// Appends an entry. Entries, archives and their number may be larger than 32 bits say (zip64).
  void add(std::string_view name, std::span<const std::byte> bytes) {
    core::require(name.size() < 1024, "zip archive: an entry's name has {} bytes, more than 1023", name.size());
    const std::uint64_t offset = written_;
    const std::uint64_t size = bytes.size();
    std::string sizes64;
    if (size >= wide) {
      core::append_little_endian(sizes64, std::uint16_t{0x0001});
      core::append_little_endian(sizes64, std::uint16_t{16});
      core::append_little_endian(sizes64, size);
      core::append_little_endian(sizes64, size);
    }
    // The padding is an extra field of kind "FB" like PyTorch's.
    const std::uint64_t unpadded = offset + local_size + name.size() + sizes64.size() + 4;
    const auto padding = static_cast<std::uint16_t>((alignment - unpadded % alignment) % alignment);

    const std::string shared = entry_fields(bytes, name);
    std::string local;
    core::append_little_endian(local, std::uint32_t{0x04034b50});
    local += shared;
    core::append_little_endian(local, static_cast<std::uint16_t>(sizes64.size() + 4 + padding));
    local += name;
    local += sizes64;
    core::append_little_endian(local, std::uint16_t{0x4246});
    core::append_little_endian(local, padding);
    local.append(padding, '\0');
    write(local);
    file_.write(bytes);
    written_ += size;

    std::string extra64;
    if (size >= wide || offset >= wide) {
      core::append_little_endian(extra64, std::uint16_t{0x0001});
      core::append_little_endian(extra64,
                                 static_cast<std::uint16_t>((size >= wide ? 16 : 0) + (offset >= wide ? 8 : 0)));
      if (size >= wide) {
        core::append_little_endian(extra64, size);
        core::append_little_endian(extra64, size);
      }
      if (offset >= wide) {
        core::append_little_endian(extra64, offset);
      }
    }
    core::append_little_endian(directory_, std::uint32_t{0x02014b50});
    core::append_little_endian(directory_, version);  // that made it
    directory_ += shared;
    core::append_little_endian(directory_, static_cast<std::uint16_t>(extra64.size()));
    directory_.append(10, '\0');  // no comment, the first disk, no attributes
    core::append_little_endian(directory_, narrow(offset));
    directory_ += name;
    directory_ += extra64;
    ++entries_;
  }

  /// Writes the directory and the end records; nothing may be added after.
  void finish() {
    const std::uint64_t offset = written_;
    const std::uint64_t size = directory_.size();
    write(directory_);
    constexpr std::uint16_t many = std::numeric_limits<std::uint16_t>::max();
    const bool is_wide = entries_ >= many || offset >= wide || size >= wide;
    std::string end;
    if (is_wide) {
      core::append_little_endian(end, std::uint32_t{0x06064b50});
      core::append_little_endian(end, std::uint64_t{44});  // bytes of this record that follow
      core::append_little_endian(end, version);
      core::append_little_endian(end, version);
      core::append_little_endian(end, std::uint64_t{0});  // this disk and the directory's
      core::append_little_endian(end, entries_);
      core::append_little_endian(end, entries_);
      core::append_little_endian(end, size);
      core::append_little_endian(end, offset);
      core::append_little_endian(end, std::uint32_t{0x07064b50});
      core::append_little_endian(end, std::uint32_t{0});
      core::append_little_endian(end, offset + size);
      core::append_little_endian(end, std::uint32_t{1});
    }
    const auto count = static_cast<std::uint16_t>(entries_ >= many ? many : entries_);
    core::append_little_endian(end, std::uint32_t{0x06054b50});
    core::append_little_endian(end, std::uint32_t{0});
    core::append_little_endian(end, count);
    core::append_little_endian(end, count);
    core::append_little_endian(end, narrow(size));
    core::append_little_endian(end, narrow(offset));
    core::append_little_endian(end, std::uint16_t{0});
    write(end);
  }

 private:
  static constexpr std::uint64_t alignment = 64;
  static constexpr std::uint64_t local_size = 30;
  static constexpr std::uint64_t wide = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint16_t version = 45;  // of the format: 4.5, the first with zip64

  static std::uint32_t narrow(std::uint64_t value) noexcept {
    return static_cast<std::uint32_t>(value >= wide ? wide : value);
  }

  /// What the local header and the directory have in common: from the version needed to the name's size.
  static std::string entry_fields(std::span<const std::byte> bytes, std::string_view name) {
    std::string fields;
    core::append_little_endian(fields, version);
    core::append_little_endian(fields, std::uint16_t{0});       // no flags
    core::append_little_endian(fields, std::uint16_t{0});       // stored
    core::append_little_endian(fields, std::uint16_t{0});       // midnight
    core::append_little_endian(fields, std::uint16_t{0x0021});  // of 1980-01-01
    core::append_little_endian(fields, core::crc32(bytes));
    core::append_little_endian(fields, narrow(bytes.size()));
    core::append_little_endian(fields, narrow(bytes.size()));
    core::append_little_endian(fields, static_cast<std::uint16_t>(name.size()));
    return fields;
  }

  void write(const std::string& bytes) {
    file_.write(bytes);
    written_ += bytes.size();
  }

  weights::OutputFile& file_;
  std::uint64_t written_ = 0;
  std::uint64_t entries_ = 0;
  std::string directory_;
};

}  // namespace hearth::zip
