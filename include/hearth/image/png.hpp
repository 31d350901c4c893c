/// Reads PNG files (W3C, "Portable Network Graphics Specification", second edition, 2003) and checks the CRC of
/// every chunk and the Adler-32 of the pixels. stb_image has a reader for PNG too, but it checks neither of them, so
/// that a damaged file gives another image; here stb_image only inflates the data.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/decode_error.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/stb_image.hpp>
#include <hearth/image/store_pixel.hpp>

namespace hearth::image {

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

/// One PNG file in memory, of any colour type, depth and interlacing. Its functions throw Error, naming the file, when
/// it ends early or is damaged.
class PngReader {
 public:
  /// Reads the header of a file whose signature has been looked at. `name` is the file's, for messages.
  PngReader(std::span<const std::byte> bytes, std::string_view name)
      : bytes_(bytes), name_(name), left_(bytes.subspan(8)) {
    const Chunk header = next_chunk();
    require(header.type == "IHDR" && header.data.size() == 13, "it does not begin with its header");
    const std::uint32_t width = big_endian(header.data);
    const std::uint32_t height = big_endian(header.data.subspan(4));
    constexpr std::uint32_t most = std::numeric_limits<std::int32_t>::max();
    require(width >= 1 && width <= most && height >= 1 && height <= most, "its header gives no size");
    size_ = {static_cast<int>(height), static_cast<int>(width)};
    const auto field = [&](std::size_t i) { return std::to_integer<int>(header.data[i]); };
    depth_ = field(8);
    const int type = field(9);
    is_palette_ = type == 3;
    samples_ = type == 2 ? 3 : type == 4 ? 2 : type == 6 ? 4 : 1;
    const bool whole_bytes = depth_ == 8 || depth_ == 16;
    const bool part_of_byte = depth_ == 1 || depth_ == 2 || depth_ == 4;
    require((type == 0 && (whole_bytes || part_of_byte)) || (type == 3 && (depth_ == 8 || part_of_byte)) ||
                ((type == 2 || type == 4 || type == 6) && whole_bytes),
            "its header gives a colour type and a depth that PNG does not have");
    require(field(10) == 0 && field(11) == 0 && field(12) <= 1, "its header gives a method that PNG does not have");
    is_interlaced_ = field(12) == 1;
  }

  Size size() const noexcept { return size_; }

  /// The image, of one channel or of three; called once.
  Image read(int channels) {
    std::vector<std::uint8_t> rows = inflate(packed_pixels());
    if (depth_ == 8 && samples_ == channels && !is_palette_ && !is_interlaced_) {
      return close_up(std::move(rows));
    }
    Image image(size_.height, size_.width, channels);
    std::uint8_t* at = rows.data();
    for (const Pass& pass : passes()) {
      const std::size_t row_bytes = pass.row_bytes;
      const std::vector<std::uint8_t> zeros(row_bytes);
      const std::uint8_t* above = zeros.data();
      for (int y = 0; y < pass.height; ++y, at += row_bytes) {
        const int filter = *at++;
        unfilter(filter, {at, row_bytes}, above);
        above = at;
        std::uint8_t* const out = image.row(pass.top + y * pass.down) + std::ptrdiff_t{pass.left} * channels;
        store_row(at, pass.width, channels, out, std::ptrdiff_t{pass.right} * channels);
      }
    }
    return image;
  }

 private:
  struct Chunk {
    std::string_view type;
    std::span<const std::byte> data;
  };

  /// The pixels of every `down`-th row and `right`-th column from (top, left) on.
  struct Pass {
    int top, left, down, right;
    int height = 0, width = 0;
    std::size_t row_bytes = 0;  // without the filter's number before them
  };

  void require(bool condition, std::string_view reason) const {
    if (!condition) {
      fail_damaged(name_, reason);
    }
  }

  static std::uint32_t big_endian(std::span<const std::byte> bytes) noexcept {
    std::uint32_t value = 0;
    for (const std::byte byte : bytes.first(4)) {
      value = value << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return value;
  }

  Chunk next_chunk() {
    constexpr std::size_t around = 12;  // length, type, checksum
    if (left_.size() < around || big_endian(left_) > left_.size() - around) {
      fail_truncated(bytes_.size(), name_);
    }
    const std::size_t length = big_endian(left_);
    const std::span<const std::byte> type_and_data = left_.subspan(4, 4 + length);
    const Chunk chunk{{reinterpret_cast<const char*>(type_and_data.data()), 4}, type_and_data.subspan(4)};
    if (core::crc32(type_and_data) != big_endian(left_.subspan(8 + length))) {
      core::fail("decode_image: {} is damaged: the checksum of its part {} at byte {} is wrong", name_,
                 core::printable(chunk.type), bytes_.size() - left_.size());
    }
    left_ = left_.subspan(around + length);
    return chunk;
  }

  /// Reads all chunks and keeps the palette. Returns the zlib stream that they hold.
  std::span<const std::byte> packed_pixels() {
    std::vector<std::span<const std::byte>> parts;
    bool has_palette = false;
    for (Chunk chunk = next_chunk(); chunk.type != "IEND"; chunk = next_chunk()) {
      if (chunk.type == "IDAT") {
        parts.push_back(chunk.data);
      } else if (chunk.type == "PLTE") {
        require(chunk.data.size() % 3 == 0 && chunk.data.size() <= palette_.size(), "its palette has no sound length");
        std::memcpy(palette_.data(), chunk.data.data(), chunk.data.size());
        has_palette = true;
      } else if (chunk.type[0] >= 'A' && chunk.type[0] <= 'Z') {
        core::fail("decode_image: {} has a part {}, of which nothing is known", name_, core::printable(chunk.type));
      }
    }
    require(has_palette || !is_palette_, "it has no palette");
    if (parts.size() == 1) {
      return parts.front();
    }
    for (const std::span<const std::byte> part : parts) {
      joined_.insert(joined_.end(), part.begin(), part.end());
    }
    return joined_;
  }

  /// The rows of all passes, one after the other, each with its filter's number before it.
  std::vector<std::uint8_t> inflate(std::span<const std::byte> packed) const {
    std::size_t size = 0;
    for (const Pass& pass : passes()) {
      size += (pass.row_bytes + 1) * static_cast<std::size_t>(pass.height);
    }
    constexpr std::size_t most = std::numeric_limits<int>::max();
    require(size <= most && packed.size() <= most, "its pixels take more than 2 GiB");
    std::vector<std::uint8_t> rows(size);
    auto* const begin = const_cast<stb::stbi_uc*>(reinterpret_cast<const stb::stbi_uc*>(packed.data()));
    const auto stream = std::make_unique<stb::stbi__zbuf>();
    stream->zbuffer = begin;
    stream->zbuffer_end = begin + packed.size();
    const bool is_sound =
        stb::stbi__do_zlib(stream.get(), reinterpret_cast<char*>(rows.data()), static_cast<int>(size), 0, 1) != 0;
    require(is_sound, "its packed pixels cannot be unpacked");
    require(static_cast<std::size_t>(stream->zout - stream->zout_start) == size, "it has fewer pixels than its size");
    const std::ptrdiff_t end =
        stream->zbuffer - begin - stream->num_bits / 8;  // without the bytes that were read ahead
    const bool has_checksum = end >= 0 && packed.size() - static_cast<std::size_t>(end) >= 4;
    require(has_checksum && adler32(rows) == big_endian(packed.subspan(static_cast<std::size_t>(end))),
            "the checksum of its pixels is wrong");
    return rows;
  }

  /// The whole image, or Adam7's seven parts of it; a part that has no pixels is left out.
  std::vector<Pass> passes() const {
    std::vector<Pass> passes{{0, 0, 1, 1}};
    if (is_interlaced_) {
      passes = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4}, {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}};
    }
    for (Pass& pass : passes) {
      pass.height = static_cast<int>((std::int64_t{size_.height} - pass.top + pass.down - 1) / pass.down);
      pass.width = static_cast<int>((std::int64_t{size_.width} - pass.left + pass.right - 1) / pass.right);
      pass.row_bytes = (static_cast<std::size_t>(pass.width) * bits_a_pixel() + 7) / 8;
    }
    std::erase_if(passes, [](const Pass& pass) { return pass.height == 0 || pass.width == 0; });
    return passes;
  }

  std::size_t bits_a_pixel() const noexcept { return static_cast<std::size_t>(depth_ * samples_); }

  /// The image whose pixels are those of the rows, byte by byte: it takes their memory and needs no other.
  Image close_up(std::vector<std::uint8_t> rows) const {
    const std::size_t row_bytes = static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(samples_);
    const std::vector<std::uint8_t> zeros(row_bytes);
    const std::uint8_t* above = zeros.data();
    std::uint8_t* to = rows.data();
    std::uint8_t* from = rows.data();
    for (int y = 0; y < size_.height; ++y, from += row_bytes, to += row_bytes) {
      const int filter = *from++;
      unfilter(filter, {from, row_bytes}, above);
      std::memmove(to, from, row_bytes);
      above = to;
    }
    rows.resize(row_bytes * static_cast<std::size_t>(size_.height));
    return {size_.height, size_.width, samples_, std::move(rows)};
  }

  /// Undoes the filter of one row; `above` is the row before it, after that.
  void unfilter(int filter, std::span<std::uint8_t> row, const std::uint8_t* above) const {
    const std::size_t pixel = std::max<std::size_t>(bits_a_pixel() / 8, 1);
    const std::size_t first = std::min(pixel, row.size());  // the bytes that have none to their left
    const auto add = [&](std::size_t i, int value) { row[i] = static_cast<std::uint8_t>(row[i] + value); };
    switch (filter) {
      case 0:
        break;
      case 1:
        for (std::size_t i = first; i < row.size(); ++i) {
          add(i, row[i - pixel]);
        }
        break;
      case 2:
        for (std::size_t i = 0; i < row.size(); ++i) {
          add(i, above[i]);
        }
        break;
      case 3:
        for (std::size_t i = 0; i < first; ++i) {
          add(i, above[i] / 2);
        }
        for (std::size_t i = first; i < row.size(); ++i) {
          add(i, (row[i - pixel] + above[i]) / 2);
        }
        break;
      case 4:
        for (std::size_t i = 0; i < first; ++i) {
          add(i, above[i]);
        }
        for (std::size_t i = first; i < row.size(); ++i) {
          add(i, paeth(row[i - pixel], above[i], above[i - pixel]));
        }
        break;
      default:
        fail_damaged(name_, "a row of it has a filter that PNG does not have");
    }
  }

  /// Of left, above and corner the one that is nearest to left + above - corner; of two that are equally near, the
  /// first in this order.
  static int paeth(int left, int above, int corner) noexcept {
    const int to_left = std::abs(above - corner);
    const int to_above = std::abs(left - corner);
    const int to_corner = std::abs(left + above - 2 * corner);
    return to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner;
  }

  /// Writes the pixels of an unfiltered row, `step` bytes apart.
  void store_row(const std::uint8_t* row, int width, int channels, std::uint8_t* out, std::ptrdiff_t step) const {
    if (depth_ == 16 && samples_ == 1) {  // as PIL, which clips
      store_samples([row](std::size_t i) { return row[2 * i] != 0 ? std::uint8_t{255} : row[2 * i + 1]; }, width,
                    channels, out, step);
    } else if (depth_ == 16) {
      store_samples([row](std::size_t i) { return row[2 * i]; }, width, channels, out, step);
    } else if (depth_ == 8) {
      store_samples([row](std::size_t i) { return row[i]; }, width, channels, out, step);
    } else {
      const auto depth = static_cast<std::size_t>(depth_);
      const int mask = (1 << depth) - 1;
      const int scale = is_palette_ ? 1 : 255 / mask;
      const auto sample = [=](std::size_t i) {
        const std::size_t bit = i * depth;
        return static_cast<std::uint8_t>(((row[bit / 8] >> (8 - depth - bit % 8)) & mask) * scale);
      };
      store_samples(sample, width, channels, out, step);
    }
  }

  /// `sample(i)` is the i-th sample of the row, as eight bits.
  template <class Sample>
  void store_samples(const Sample& sample, int width, int channels, std::uint8_t* out, std::ptrdiff_t step) const {
    const std::size_t end = static_cast<std::size_t>(width) * static_cast<std::size_t>(samples_);
    for (std::size_t i = 0; i < end; i += static_cast<std::size_t>(samples_), out += step) {
      if (is_palette_) {
        store_rgb(&palette_[std::size_t{sample(i)} * 3], channels, out);
      } else if (samples_ <= 2) {
        store_grey(sample(i), channels, out);
      } else {
        const std::array<std::uint8_t, 3> rgb{sample(i), sample(i + 1), sample(i + 2)};
        store_rgb(rgb.data(), channels, out);
      }
    }
  }

  std::span<const std::byte> bytes_;
  std::string_view name_;
  std::span<const std::byte> left_;  // what has not been read
  Size size_;
  int depth_ = 0;
  int samples_ = 0;  // of a pixel
  bool is_palette_ = false;
  bool is_interlaced_ = false;
  std::array<std::uint8_t, 768> palette_{};  // black where the file has fewer colours, as PIL has it
  std::vector<std::byte> joined_;
};

}  // namespace hearth::image
