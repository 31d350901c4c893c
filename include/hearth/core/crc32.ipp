#pragma once

#include <hearth/core/crc32.hpp>

#include <array>
#include <cstring>

namespace hearth::core {

namespace detail {

/// Eight tables, so that eight bytes are taken at a time (Kounavis and Berry, "A systematic approach to building high
/// performance software-based CRC generators", 2005).
using Crc32Tables = std::array<std::array<std::uint32_t, 256>, 8>;

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
  while (bytes.size() >= 8) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes.data(), 4);
    std::memcpy(&high, bytes.data() + 4, 4);
    low ^= crc;
    crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^ table[4][low >> 24] ^
          table[3][high & 0xFF] ^ table[2][(high >> 8) & 0xFF] ^ table[1][(high >> 16) & 0xFF] ^ table[0][high >> 24];
    bytes = bytes.subspan(8);
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
