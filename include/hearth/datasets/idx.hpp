/// IDX files, the format of MNIST and FashionMNIST, plain or packed with gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/datasets/gzip.hpp>

namespace hearth::datasets {

/// The numbers of an IDX file, row-major.
struct IdxArray {
  std::vector<std::size_t> dimensions;
  std::vector<std::uint8_t> values;
};

/// Reads IDX bytes: two zeros, the type (8, unsigned bytes, is the one that is read), the number of dimensions, each
/// dimension in four bytes with the highest first, the values. `name` is the file's, for messages. Throws Error when
/// the header is not one or when it promises more or fewer values than there are.
inline IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  constexpr std::size_t start = 4;
  const auto byte = [&bytes](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  core::require(bytes.size() >= start && byte(0) == 0 && byte(1) == 0,
                "{} is not an IDX file: it does not begin with two zero bytes, a type and a number of dimensions",
                name);
  core::require(byte(2) == 0x08, "{}: an IDX file of type 0x{:02X} cannot be read, only one of unsigned bytes (0x08)",
                name, byte(2));
  const std::size_t rank = byte(3);
  core::require(rank >= 1, "{} is not an IDX file: it has no dimensions", name);
  core::require(bytes.size() >= start + 4 * rank, "{} is cut short: it ends inside the IDX header", name);
  IdxArray array;
  std::size_t promised = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    const std::size_t at = start + 4 * d;
    const std::size_t size = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    core::require(size == 0 || promised <= std::numeric_limits<std::size_t>::max() / size,
                  "{}: the IDX header promises more values than memory can hold", name);
    promised *= size;
    array.dimensions.push_back(size);
  }
  const std::span<const std::byte> values = bytes.subspan(start + 4 * rank);
  core::require(promised <= values.size(), "{} is cut short: its IDX header promises {} values, but {} are there", name,
                promised, values.size());
  core::require(promised == values.size(), "{}: its IDX header promises {} values, but {} are there", name, promised,
                values.size());
  array.values.resize(promised);
  if (promised > 0) {
    std::memcpy(array.values.data(), values.data(), promised);
  }
  return array;
}

/// Reads an IDX file, unpacking one that is packed with gzip. Throws Error naming the file as `parse_idx` does, and
/// when it cannot be read, or is packed and cut short or damaged.
inline IdxArray read_idx(const std::filesystem::path& path) {
  return parse_idx(read_gzip_or_plain(path), path.string());
}

}  // namespace hearth::datasets
