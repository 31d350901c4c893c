/// Damages bytes at random, as a function of a random stream alone, so that every damaged file can be made again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/random.hpp>

using Bytes = std::vector<std::byte>;

/// Numbers at which sizes and offsets go wrong.
inline constexpr std::array<std::uint64_t, 16> boundary_numbers{
    0,          1,          2,          0x7F,       0x80,       0xFF,       0x7FFF,    0xFFFF,
    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ull << 32, 1ull << 40, 1ull << 60, INT64_MAX, UINT64_MAX};

/// What pickles, zip archives and JSON headers are made of.
inline constexpr std::array<std::string_view, 32> pieces{
    "(",     ")",          "]",          "}",          "N",
    "R",     "b",          "Q",          "t",          "u",
    "s",     "e",          "a",          "q\x01",      "h\x01",
    "\x85",  "\x86",       "\x87",       "\x88",       "2",
    "0",     "\x81",       ".",          "K\x05",      "J\xff\xff\xff\xff",
    "X\x02", "\x8a\x08",   "PK\x01\x02", "PK\x05\x06", "[[",
    "{\"",   "99999999999"};

inline std::size_t place_in(std::size_t size, hearth::RandomStream& random) {
  return static_cast<std::size_t>(random.below(size + 1));
}

/// Between 1 and 8 changes: bits, numbers, pieces; parts removed, repeated, taken from `other`, or cut off.
inline Bytes damage(Bytes bytes, const Bytes& other, hearth::RandomStream& random) {
  const auto changes = 1 + random.below(random.bernoulli(0.5) ? 2 : 8);
  for (std::uint64_t change = 0; change < changes; ++change) {
    const std::size_t at = place_in(bytes.size(), random);
    const std::size_t rest = bytes.size() - at;
    const auto insert = [&](std::span<const std::byte> part) {
      const Bytes copy(part.begin(), part.end());
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), copy.begin(), copy.end());
    };
    const auto overwrite = [&](std::span<const std::byte> part) {
      std::copy_n(part.begin(), std::min(part.size(), rest), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const auto piece = std::as_bytes(std::span(pieces[random.below(pieces.size())]));
    const std::uint64_t number = boundary_numbers[random.below(boundary_numbers.size())];
    const auto number_bytes = std::as_bytes(std::span(&number, 1)).first(std::size_t{1} << random.below(4));
    const std::size_t from = place_in(other.size(), random);
    const auto part =
        std::span(other).subspan(from).first(std::min<std::size_t>(other.size() - from, random.below(64)));
    switch (random.below(9)) {
      case 0:
        if (rest > 0) {
          bytes[at] ^= std::byte{1} << random.below(8);
        }
        break;
      case 1:
        if (rest > 0) {
          bytes[at] = static_cast<std::byte>(random.below(256));
        }
        break;
      case 2:
        overwrite(number_bytes);
        break;
      case 3:
        overwrite(piece);
        break;
      case 4:
        insert(piece);
        break;
      case 5:
        insert(part);
        break;
      case 6:
        overwrite(part);
        break;
      case 7:
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() + static_cast<std::ptrdiff_t>(at + std::min<std::size_t>(rest, random.below(64))));
        break;
      default:
        if (random.bernoulli(0.1)) {
          bytes.resize(at);
        }
    }
  }
  return bytes;
}
