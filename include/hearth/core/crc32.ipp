#pragma once

#include <hearth/core/crc32.hpp>

#include <array>
#include <cstring>

namespace hearth::core {

namespace detail {

/// Sixteen tables, so that sixteen bytes are taken at a time (Kounavis and Berry, "A systematic approach to building
/// high performance software-based CRC generators", 2005).
using Crc32Tables = std::array<std::array<std::uint32_t, 256>, 16>;

/// For a polynomial whose bits are in reversed order.
consteval Crc32Tables make_crc32_tables(std::uint32_t polynomial) {
  Crc32Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0u);
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[table - 1][byte];
      tables[table][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

inline constexpr Crc32Tables crc32_tables = make_crc32_tables(0xEDB88320);
inline constexpr Crc32Tables crc32c_tables = make_crc32_tables(0x82F63B78);

HEARTH_INLINE std::uint32_t crc32_by(const Crc32Tables& table, std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = 0xFFFFFFFF;
  // What becomes of four bytes that `after` others of the sixteen follow.
  const auto four = [&](std::uint32_t word, std::size_t after) {
    return table[after + 3][word & 0xFF] ^ table[after + 2][(word >> 8) & 0xFF] ^
           table[after + 1][(word >> 16) & 0xFF] ^ table[after][word >> 24];
  };
  for (; bytes.size() >= 16; bytes = bytes.subspan(16)) {
    std::array<std::uint32_t, 4> words{};
    std::memcpy(words.data(), bytes.data(), 16);
    crc = four(words[0] ^ crc, 12) ^ four(words[1], 8) ^ four(words[2], 4) ^ four(words[3], 0);
  }
  for (const std::byte byte : bytes) {
    crc = (crc >> 8) ^ table[0][(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF];
  }
  return ~crc;
}

}  // namespace detail

HEARTH_INLINE std::uint32_t crc32(std::span<const std::byte> bytes) noexcept {
  return detail::crc32_by(detail::crc32_tables, bytes);
}

HEARTH_INLINE std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  return detail::crc32_by(detail::crc32c_tables, bytes);
}

}  // namespace hearth::core
