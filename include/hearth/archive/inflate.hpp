/// Unpacks the deflated data of a zip entry, with libarchive's gzip.
#pragma once

#if !__has_include(<archive.h>)
#error \
    "hearth/archive needs libarchive: install it (Debian and Ubuntu: apt install libarchive-dev) and link hearth::archive"
#endif

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::archives {

/// What deflate (RFC 1951) has made `packed` of: at most `most` bytes. Throws Error when it is damaged, ends too early
/// or would be more. libarchive reads no deflated data by themselves, so they are given to it with the beginning and
/// the end of a gzip file (RFC 1952), whose checksum it does not look at.
inline std::vector<std::byte> inflate(std::span<const std::byte> packed, std::uint64_t most) {
  constexpr std::array<unsigned char, 10> begin{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
  constexpr std::size_t end = 8;
  std::vector<std::byte> gzip(begin.size() + packed.size() + end);
  std::copy(begin.begin(), begin.end(), reinterpret_cast<unsigned char*>(gzip.data()));
  std::copy(packed.begin(), packed.end(), gzip.begin() + begin.size());

  struct Close {
    void operator()(::archive* reader) const noexcept { archive_read_free(reader); }
  };
  const std::unique_ptr<::archive, Close> reader(archive_read_new());
  core::require(reader != nullptr, "no memory to unpack it");
  archive_entry* entry = nullptr;
  core::require(archive_read_append_filter(reader.get(), ARCHIVE_FILTER_GZIP) >= ARCHIVE_WARN &&
                    archive_read_support_format_raw(reader.get()) == ARCHIVE_OK &&
                    archive_read_open_memory(reader.get(), gzip.data(), gzip.size()) == ARCHIVE_OK &&
                    archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK,
                "its packed data are damaged");
  std::vector<std::byte> bytes;
  constexpr std::uint64_t most_a_byte = 1032;  // of deflate
  bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, most_a_byte * packed.size()) + 1));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const la_ssize_t count = archive_read_data(reader.get(), bytes.data() + done, bytes.size() - done);
    core::require(count >= 0, "its packed data are damaged");
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  core::require(done <= most, "it unpacks to more than {} bytes", most);
  bytes.resize(done);
  return bytes;
}

}  // namespace hearth::archives
