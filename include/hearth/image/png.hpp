/// Reads PNG files (W3C, "Portable Network Graphics Specification", second edition, 2003) and checks the CRC of
/// every chunk and the Adler-32 of the pixels. stb_image has a reader for PNG too, but it checks neither of them, so
/// that a damaged file gives another image. The data are inflated by libdeflate in a program that links hearth::png,
/// and otherwise by stb_image.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/decoder.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/png_filter.hpp>
#include <hearth/image/store_pixel.hpp>
#ifdef HEARTH_WITH_LIBDEFLATE  // linking hearth::png defines it
#include <hearth/image/zlib_libdeflate.hpp>
#else
#include <hearth/image/zlib_stb.hpp>
#endif

namespace hearth::image {

/// PNG files of any colour type, depth and interlacing. What is kept of a part are its rows to the last that is needed;
/// the checksums are those of the whole file.
class PngDecoder final : public Decoder {
 public:
  Size open(const EncodedImage& file) override {
    file_ = &file;
    left_ = file.bytes.subspan(8);  // the signature has been looked at
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
    first_part_ = left_;
    file.check_size(size_, ImageFormat::png);
    return size_;
  }

  ImageView read(const Rect& needed, int /*reduction*/, std::vector<std::uint8_t>& memory) override {
    left_ = first_part_;
    find_passes();
    const std::span<const std::byte> packed = packed_pixels();
    const int channels = file_->channels();
    const bool in_place = depth_ == 8 && samples_ == channels && !is_palette_ && !is_interlaced_;
    std::uint8_t* at = inflate(packed, in_place ? memory : rows_);
    if (in_place) {  // the pixels are those of the rows, byte by byte
      unfilter_rows(at, passes_[0], needed.top + needed.height);
      const auto stride = static_cast<std::ptrdiff_t>(passes_[0].row_bytes + 1);
      return ImageView{at + 1, size_.height, size_.width, channels, stride}.crop(needed);
    }
    const std::ptrdiff_t stride = std::ptrdiff_t{channels} * (is_interlaced_ ? size_.width : needed.width);
    const int rows = is_interlaced_ ? size_.height : needed.height;
    std::uint8_t* const out = reserve(memory, static_cast<std::size_t>(stride) * static_cast<std::size_t>(rows));
    if (!is_interlaced_) {
      unfilter_rows(at, passes_[0], needed.top + needed.height);
      for (int y = 0; y < needed.height; ++y) {
        const std::uint8_t* const row = at + static_cast<std::size_t>(needed.top + y) * (passes_[0].row_bytes + 1) + 1;
        store_row(row, needed.left, needed.width, channels, out + y * stride, channels);
      }
      return {out, needed.height, needed.width, channels, stride};
    }
    for (const Pass& pass : passes()) {
      unfilter_rows(at, pass, pass.height);
      for (int y = 0; y < pass.height; ++y, at += pass.row_bytes + 1) {
        std::uint8_t* const to = out + (pass.top + y * pass.down) * stride + std::ptrdiff_t{pass.left} * channels;
        store_row(at + 1, 0, pass.width, channels, to, std::ptrdiff_t{pass.right} * channels);
      }
    }
    return ImageView{out, size_.height, size_.width, channels, stride}.crop(needed);
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

  void require(bool condition, std::string_view reason) const { file_->require(condition, reason); }

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
      file_->fail_truncated();
    }
    const std::size_t length = big_endian(left_);
    const std::span<const std::byte> type_and_data = left_.subspan(4, 4 + length);
    const Chunk chunk{{reinterpret_cast<const char*>(type_and_data.data()), 4}, type_and_data.subspan(4)};
    if (crc32(type_and_data) != big_endian(left_.subspan(8 + length))) {
      core::fail("decode_image: {} is damaged: the checksum of its part {} at byte {} is wrong", file_->name(),
                 core::printable(chunk.type), file_->bytes.size() - left_.size());
    }
    left_ = left_.subspan(around + length);
    return chunk;
  }

  /// Reads all chunks and keeps the palette. Returns the zlib stream that they hold.
  std::span<const std::byte> packed_pixels() {
    parts_.clear();
    palette_.fill(0);
    bool has_palette = false;
    for (Chunk chunk = next_chunk(); chunk.type != "IEND"; chunk = next_chunk()) {
      if (chunk.type == "IDAT") {
        parts_.push_back(chunk.data);
      } else if (chunk.type == "PLTE") {
        require(chunk.data.size() % 3 == 0 && chunk.data.size() <= palette_.size(), "its palette has no sound length");
        std::memcpy(palette_.data(), chunk.data.data(), chunk.data.size());
        has_palette = true;
      } else if (chunk.type[0] >= 'A' && chunk.type[0] <= 'Z') {
        core::fail("decode_image: {} has a part {}, of which nothing is known", file_->name(),
                   core::printable(chunk.type));
      }
    }
    require(has_palette || !is_palette_, "it has no palette");
    if (parts_.size() == 1) {
      return parts_.front();
    }
    joined_.clear();
    for (const std::span<const std::byte> part : parts_) {
      joined_.insert(joined_.end(), part.begin(), part.end());
    }
    return joined_;
  }

  /// The rows of all passes, one after the other, each with its filter's number before it.
  std::uint8_t* inflate(std::span<const std::byte> packed, std::vector<std::uint8_t>& memory) {
    std::size_t size = 0;
    for (const Pass& pass : passes()) {
      size += (pass.row_bytes + 1) * static_cast<std::size_t>(pass.height);
    }
    constexpr std::size_t most = std::numeric_limits<int>::max();
    require(size <= most && packed.size() <= most, "its pixels take more than 2 GiB");
    std::uint8_t* const rows = reserve(memory, size);
    const Unpacked unpacked = zlib_.unpack(packed, {rows, size});
    require(unpacked != Unpacked::unsound, "its packed pixels cannot be unpacked");
    require(unpacked != Unpacked::too_few, "it has fewer pixels than its size");
    require(unpacked != Unpacked::wrong_checksum, "the checksum of its pixels is wrong");
    return rows;
  }

  /// The whole image, or Adam7's seven parts of it; a part that has no pixels is left out.
  void find_passes() noexcept {
    constexpr std::array<Pass, 7> adam7{
        {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4}, {2, 0, 4, 2}, {0, 1, 2, 2}, {1, 0, 2, 1}}};
    constexpr std::array<Pass, 1> whole{{{0, 0, 1, 1}}};
    passes_in_use_ = 0;
    for (Pass pass : is_interlaced_ ? std::span<const Pass>(adam7) : whole) {
      pass.height = static_cast<int>((std::int64_t{size_.height} - pass.top + pass.down - 1) / pass.down);
      pass.width = static_cast<int>((std::int64_t{size_.width} - pass.left + pass.right - 1) / pass.right);
      pass.row_bytes = (static_cast<std::size_t>(pass.width) * bits_a_pixel() + 7) / 8;
      if (pass.height > 0 && pass.width > 0) {
        passes_[passes_in_use_++] = pass;
      }
    }
  }

  std::span<const Pass> passes() const noexcept { return {passes_.data(), passes_in_use_}; }

  std::size_t bits_a_pixel() const noexcept { return static_cast<std::size_t>(depth_ * samples_); }

  /// Undoes the filters of the first `count` rows of a pass; each has its filter's number before it.
  void unfilter_rows(std::uint8_t* at, const Pass& pass, int count) {
    no_row_.assign(pass.row_bytes, 0);  // above the first
    const std::uint8_t* above = no_row_.data();
    const std::size_t pixel = std::max<std::size_t>(bits_a_pixel() / 8, 1);
    for (int y = 0; y < count; ++y, at += pass.row_bytes + 1) {
      require(unfilter(at[0], pixel, {at + 1, pass.row_bytes}, above),
              "a row of it has a filter that PNG does not have");
      above = at + 1;
    }
  }

  /// Writes `width` pixels of an unfiltered row, from the one at `left` on, `step` bytes apart.
  void store_row(const std::uint8_t* row, int left, int width, int channels, std::uint8_t* out,
                 std::ptrdiff_t step) const {
    if (depth_ == 16 && samples_ == 1) {  // as PIL, which clips
      store_samples([row](std::size_t i) { return row[2 * i] != 0 ? std::uint8_t{255} : row[2 * i + 1]; }, left, width,
                    channels, out, step);
    } else if (depth_ == 16) {
      store_samples([row](std::size_t i) { return row[2 * i]; }, left, width, channels, out, step);
    } else if (depth_ == 8) {
      store_samples([row](std::size_t i) { return row[i]; }, left, width, channels, out, step);
    } else {
      const auto depth = static_cast<std::size_t>(depth_);
      const int mask = (1 << depth) - 1;
      const int scale = is_palette_ ? 1 : 255 / mask;
      const auto sample = [=](std::size_t i) {
        const std::size_t bit = i * depth;
        return static_cast<std::uint8_t>(((row[bit / 8] >> (8 - depth - bit % 8)) & mask) * scale);
      };
      store_samples(sample, left, width, channels, out, step);
    }
  }

  /// `sample(i)` is the i-th sample of the row, as eight bits.
  template <class Sample>
  void store_samples(const Sample& sample, int left, int width, int channels, std::uint8_t* out,
                     std::ptrdiff_t step) const {
    const std::size_t begin = static_cast<std::size_t>(left) * static_cast<std::size_t>(samples_);
    const std::size_t end = begin + static_cast<std::size_t>(width) * static_cast<std::size_t>(samples_);
    for (std::size_t i = begin; i < end; i += static_cast<std::size_t>(samples_), out += step) {
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

  const EncodedImage* file_ = nullptr;
  std::span<const std::byte> left_;        // what has not been read
  std::span<const std::byte> first_part_;  // what follows the header
  Size size_;
  int depth_ = 0;
  int samples_ = 0;  // of a pixel
  bool is_palette_ = false;
  bool is_interlaced_ = false;
  std::array<Pass, 7> passes_{};
  std::size_t passes_in_use_ = 0;
  std::array<std::uint8_t, 768> palette_{};  // black where the file has fewer colours, as PIL has it
  std::vector<std::span<const std::byte>> parts_;
  std::vector<std::byte> joined_;
  ZlibStream zlib_;
  std::vector<std::uint8_t> rows_;
  std::vector<std::uint8_t> no_row_;
};

}  // namespace hearth::image
