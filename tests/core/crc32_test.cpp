#include <hearth/core/crc32.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// As the definition has it, bit by bit.
std::uint32_t bit_by_bit(std::span<const std::byte> bytes, std::uint32_t polynomial) {
  std::uint32_t remainder = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    remainder ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0U);
    }
  }
  return ~remainder;
}

}  // namespace

TEST_CASE("The checksums of the numbers that every description names", "[crc32]") {
  CHECK(core::crc32(bytes_of("123456789")) == 0xCBF43926);
  CHECK(core::crc32c(bytes_of("123456789")) == 0xE3069283);
  CHECK(core::crc32({}) == 0);
}

TEST_CASE("Checksums of any length, from any place in memory, are those of the definition", "[crc32]") {
  std::vector<std::byte> memory;
  for (std::uint32_t i = 0; i < 300; ++i) {
    memory.push_back(static_cast<std::byte>((i * 2654435761U) >> 13));
  }
  for (std::size_t begin = 0; begin < 17; ++begin) {
    for (std::size_t size = 0; begin + size <= memory.size(); size += 1 + size / 40) {
      const std::span<const std::byte> bytes = std::span(memory).subspan(begin, size);
      REQUIRE(core::crc32(bytes) == bit_by_bit(bytes, 0xEDB88320));
      REQUIRE(core::crc32c(bytes) == bit_by_bit(bytes, 0x82F63B78));
    }
  }
}
