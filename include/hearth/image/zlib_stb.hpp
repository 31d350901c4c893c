/// Unpacks zlib streams with stb_image's reader.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include <hearth/core/crc32.hpp>
#include <hearth/image/stb_image.hpp>
#include <hearth/image/unpacked.hpp>

namespace hearth::image {

using core::crc32;

/// The checksum at the end of a zlib stream (RFC 1950).
inline std::uint32_t adler32(std::span<const std::uint8_t> bytes) noexcept {
  constexpr std::uint32_t modulus = 65521;
  constexpr std::size_t block = 5552;  // so many bytes may be added before the sums overflow
  constexpr std::uint32_t step = 16;   // so many at a time, in loops that a compiler can vectorise
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  while (!bytes.empty()) {
    const std::size_t count = std::min(block, bytes.size());
    std::size_t i = 0;
    for (; i + step <= count; i += step) {
      std::uint32_t sum = 0;
      std::uint32_t weighted = 0;
      for (std::uint32_t k = 0; k < step; ++k) {
        sum += bytes[i + k];
        weighted += (step - k) * bytes[i + k];
      }
      high += step * low + weighted;
      low += sum;
    }
    for (; i < count; ++i) {
      low += bytes[i];
      high += low;
    }
    low %= modulus;
    high %= modulus;
    bytes = bytes.subspan(count);
  }
  return (high << 16) | low;
}

/// Keeps its memory from one stream to the next.
class ZlibStream {
 public:
  /// Unpacks a stream (RFC 1950) that gives as many bytes as `out` has; neither has more than 2 GiB.
  Unpacked unpack(std::span<const std::byte> packed, std::span<std::uint8_t> out) {
    auto* const begin = const_cast<stb::stbi_uc*>(reinterpret_cast<const stb::stbi_uc*>(packed.data()));
    if (stream_ == nullptr) {
      stream_ = std::make_unique<stb::stbi__zbuf>();
    }
    *stream_ = {};
    stream_->zbuffer = begin;
    stream_->zbuffer_end = begin + packed.size();
    if (stb::stbi__do_zlib(stream_.get(), reinterpret_cast<char*>(out.data()), static_cast<int>(out.size()), 0, 1) ==
        0) {
      return Unpacked::unsound;
    }
    if (static_cast<std::size_t>(stream_->zout - stream_->zout_start) != out.size()) {
      return Unpacked::too_few;
    }
    const std::ptrdiff_t end =
        stream_->zbuffer - begin - stream_->num_bits / 8;  // without the bytes that were read ahead
    if (end < 0 || packed.size() - static_cast<std::size_t>(end) < 4) {
      return Unpacked::wrong_checksum;
    }
    std::uint32_t checksum = 0;
    for (const std::byte byte : packed.subspan(static_cast<std::size_t>(end), 4)) {
      checksum = checksum << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return checksum == adler32(out) ? Unpacked::all : Unpacked::wrong_checksum;
  }

 private:
  std::unique_ptr<stb::stbi__zbuf> stream_;
};

}  // namespace hearth::image
