/// Unpacks zlib streams with libdeflate, in half of the time that stb_image and zlib take.
#pragma once

#if !__has_include(<libdeflate.h>)
#error \
    "hearth/image/zlib_libdeflate.hpp needs libdeflate: install it (Debian and Ubuntu: apt install libdeflate-dev) and link hearth::png"
#endif

#include <libdeflate.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include <hearth/image/unpacked.hpp>

namespace hearth::image {

/// The checksum of a PNG's chunk, as core::crc32.
inline std::uint32_t crc32(std::span<const std::byte> bytes) noexcept {
  return libdeflate_crc32(0, bytes.data(), bytes.size());
}

/// Keeps its memory from one stream to the next.
class ZlibStream {
 public:
  /// Unpacks a stream (RFC 1950) that gives as many bytes as `out` has.
  Unpacked unpack(std::span<const std::byte> packed, std::span<std::uint8_t> out) {
    constexpr std::size_t header = 2;
    constexpr std::size_t checksum = 4;
    if (packed.size() < header) {
      return Unpacked::unsound;
    }
    const auto method = std::to_integer<unsigned>(packed[0]);
    const auto flags = std::to_integer<unsigned>(packed[1]);
    if ((method * 256 + flags) % 31 != 0 || (method & 15) != 8 || (flags & 32) != 0) {
      return Unpacked::unsound;
    }
    if (stream_ == nullptr) {
      stream_.reset(libdeflate_alloc_decompressor());
      if (stream_ == nullptr) {
        throw std::bad_alloc();
      }
    }
    const std::span<const std::byte> data = packed.subspan(header);
    std::size_t read = 0;
    std::size_t written = 0;
    if (libdeflate_deflate_decompress_ex(stream_.get(), data.data(), data.size(), out.data(), out.size(), &read,
                                         &written) != LIBDEFLATE_SUCCESS) {
      return Unpacked::unsound;
    }
    if (written != out.size()) {
      return Unpacked::too_few;
    }
    if (data.size() - read < checksum) {
      return Unpacked::wrong_checksum;
    }
    std::uint32_t stored = 0;
    for (const std::byte byte : data.subspan(read, checksum)) {
      stored = stored << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return stored == libdeflate_adler32(1, out.data(), out.size()) ? Unpacked::all : Unpacked::wrong_checksum;
  }

 private:
  struct Free {
    void operator()(libdeflate_decompressor* stream) const noexcept { libdeflate_free_decompressor(stream); }
  };

  std::unique_ptr<libdeflate_decompressor, Free> stream_;
};

}  // namespace hearth::image
