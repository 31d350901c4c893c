/// IDX files, the format of MNIST and FashionMNIST, plain or packed with gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/gzip.hpp>

namespace hearth::datasets {

/// The numbers of an IDX file, row-major.
struct IdxArray {
  std::vector<std::size_t> dimensions;
  std::vector<std::uint8_t> values;
};

/// What stands before the values of an IDX file.
struct IdxHeader {
  std::vector<std::size_t> dimensions;
  std::size_t size = 0;    ///< of the header, in bytes
  std::size_t values = 0;  ///< how many it promises
};

/// The most bytes that a header can have.
inline constexpr std::size_t largest_idx_header = 4 + 4 * 255;

/// Reads an IDX header: two zeros, the type (8, unsigned bytes, is the one that is read), the number of dimensions,
/// each dimension in four bytes with the highest first. `start` is the file's beginning, `name` its name, for messages.
/// Throws Error when that is no such header.
inline IdxHeader parse_idx_header(std::span<const std::byte> start, const std::string& name) {
  constexpr std::size_t first = 4;
  const auto byte = [&start](std::size_t i) { return std::to_integer<unsigned>(start[i]); };
  core::require(start.size() >= first && byte(0) == 0 && byte(1) == 0,
                "{} is not an IDX file: it does not begin with two zero bytes, a type and a number of dimensions",
                name);
  core::require(byte(2) == 0x08, "{}: an IDX file of type 0x{:02X} cannot be read, only one of unsigned bytes (0x08)",
                name, byte(2));
  const std::size_t rank = byte(3);
  core::require(rank >= 1, "{} is not an IDX file: it has no dimensions", name);
  core::require(start.size() >= first + 4 * rank, "{} is cut short: it ends inside the IDX header", name);
  IdxHeader header{{}, first + 4 * rank, 1};
  for (std::size_t at = first; at < header.size; at += 4) {
    const std::size_t size = byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    core::require(size == 0 || header.values <= std::numeric_limits<std::size_t>::max() / size,
                  "{}: the IDX header promises more values than memory can hold", name);
    header.values *= size;
    header.dimensions.push_back(size);
  }
  return header;
}

/// Throws Error unless the file has as many bytes of values as its header promises.
inline void check_idx_size(const IdxHeader& header, std::uint64_t file_size, const std::string& name) {
  const std::uint64_t there = file_size - header.size;
  core::require(header.values <= there, "{} is cut short: its IDX header promises {} values, but {} are there", name,
                header.values, there);
  core::require(header.values == there, "{}: its IDX header promises {} values, but {} are there", name, header.values,
                there);
}

/// Reads the bytes of an IDX file. Throws Error when they have no IDX header, or more or fewer values than it promises.
inline IdxArray parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  IdxHeader header = parse_idx_header(bytes, name);
  check_idx_size(header, bytes.size(), name);
  IdxArray array{std::move(header.dimensions), std::vector<std::uint8_t>(header.values)};
  if (header.values > 0) {
    std::memcpy(array.values.data(), bytes.data() + header.size, header.values);
  }
  return array;
}

/// Reads an IDX file, unpacking one that is packed with gzip. `check` may throw Error for dimensions that are not those
/// wanted. Of a plain file the values are read only when the header, the file's size and `check` have nothing against
/// them. Throws Error naming the file as `parse_idx` does, and when it cannot be read, is no regular file, or is packed
/// and cut short or damaged.
inline IdxArray read_idx(const std::filesystem::path& path,
                         const std::function<void(const std::vector<std::size_t>& dimensions)>& check = {}) {
  const std::string name = core::printable(path);
  const std::vector<std::byte> start = read_start(path, largest_idx_header);
  if (!is_gzip(start)) {
    const IdxHeader header = parse_idx_header(start, name);
    if (check) {
      check(header.dimensions);
    }
    check_idx_size(header, core::open_file(path).size, name);
  }
  IdxArray array = parse_idx(read_gzip_or_plain(path), name);
  if (check) {
    check(array.dimensions);
  }
  return array;
}

}  // namespace hearth::datasets
