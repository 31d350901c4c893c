/// Decodes BMP, and JPEG in a program without libjpeg-turbo, with stb_image.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/decoder.hpp>
#include <hearth/image/stb_image.hpp>
#include <hearth/image/to_channels.hpp>

namespace hearth::image {

namespace detail {

/// Feeds bytes in memory to stb_image and notices when it wants more than there are: for a JPEG that ends early
/// stb_image itself makes up the rest.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ran_out() const noexcept { return ran_out_; }

  std::size_t left() const noexcept { return bytes_.size() - position_; }

  int read(char* data, int size) noexcept {
    const std::size_t count = std::min(static_cast<std::size_t>(size), left());
    ran_out_ = ran_out_ || (count == 0 && size > 0);
    std::copy_n(reinterpret_cast<const char*>(bytes_.data()) + position_, count, data);
    position_ += count;
    return static_cast<int>(count);
  }

  void skip(int count) noexcept { position_ += std::min(static_cast<std::size_t>(std::max(count, 0)), left()); }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  bool ran_out_ = false;
};

inline constexpr stb::stbi_io_callbacks read_bytes{
    [](void* reader, char* data, int size) { return static_cast<ByteReader*>(reader)->read(data, size); },
    [](void* reader, int count) { static_cast<ByteReader*>(reader)->skip(count); },
    [](void* reader) { return static_cast<int>(static_cast<ByteReader*>(reader)->left() == 0); }};

}  // namespace detail

/// Decodes the whole image, whatever part of it is needed, in memory that stb_image takes for each.
class StbDecoder final : public Decoder {
 public:
  explicit StbDecoder(ImageFormat format) : format_(format) {}

  Size open(const EncodedImage& file) override {
    file_ = &file;
    bytes_ = format_ == ImageFormat::bmp ? with_all_colours(file.bytes) : file.bytes;
    pixels_.reset();
    if (format_ == ImageFormat::jpeg && !has_sound_huffman_tables(file.bytes)) {
      core::fail("decode_image: {} is damaged: one of its Huffman tables has more than 256 codes", file.name());
    }
    if (detail::ByteReader reader(bytes_);
        stb::stbi_info_from_callbacks(&detail::read_bytes, &reader, &size_.width, &size_.height, &channels_) == 0) {
      fail(reader);
    }
    file.require(size_.width >= 1 && size_.height != 0 && size_.height > std::numeric_limits<int>::min(),
                 "its header gives no size");
    size_.height = std::abs(size_.height);  // a BMP whose rows begin at the top has a negative one
    file.check_size(size_, format_);
    return size_;
  }

  ImageView read(const Rect& needed, int /*reduction*/, std::vector<std::uint8_t>& memory) override {
    if (pixels_ == nullptr) {
      detail::ByteReader reader(bytes_);
      pixels_.reset(
          stb::stbi_load_from_callbacks(&detail::read_bytes, &reader, &size_.width, &size_.height, &channels_, 0));
      if (pixels_ == nullptr || reader.ran_out()) {
        pixels_.reset();
        fail(reader);
      }
    }
    const ImageView part =
        ImageView{pixels_.get(), size_.height, size_.width, channels_, std::ptrdiff_t{size_.width} * channels_}.crop(
            needed);
    return channels_ == file_->channels() ? part : to_channels(part, file_->channels(), memory);
  }

 private:
  /// The BMP, with black for the colours that its palette does not have: for a pixel of such a colour stb_image takes
  /// what its memory holds.
  std::span<const std::byte> with_all_colours(std::span<const std::byte> bytes) {
    constexpr std::size_t file_header = 14;
    constexpr std::size_t old_info_header = 12;
    constexpr std::size_t info_header_least = 16;
    const auto number = [&](std::size_t at, std::size_t size) {
      std::size_t value = 0;
      for (std::size_t i = 0; i < size; ++i) {
        value |= std::to_integer<std::size_t>(bytes[at + i]) << (8 * i);
      }
      return value;
    };
    if (bytes.size() < file_header + info_header_least) {
      return bytes;
    }
    const std::size_t offset = number(10, 4);
    const std::size_t info_header = number(14, 4);
    const bool is_old = info_header == old_info_header;
    const std::size_t depth = number(is_old ? 24 : 28, 2);
    const std::size_t entry = is_old ? 3 : 4;
    const std::size_t palette = file_header + info_header;
    if (depth > 8 || offset > bytes.size()) {
      return bytes;
    }
    file_->require(offset >= palette, "it has no palette");
    const std::size_t all = (std::size_t{1} << depth) * entry;
    const std::size_t gap = is_old ? 12 : 0;  // stb_image takes so many bytes off the palette of the old header
    if (offset - palette >= all + gap) {
      return bytes;
    }
    const auto place = [&](std::size_t at) { return bytes.begin() + static_cast<std::ptrdiff_t>(at); };
    padded_.assign(bytes.begin(), place(palette + std::min(offset - palette, all)));
    padded_.resize(palette + all + gap);
    padded_.insert(padded_.end(), place(offset), bytes.end());
    for (std::size_t i = 0; i < 4; ++i) {
      padded_[10 + i] = static_cast<std::byte>((palette + all + gap) >> (8 * i));
    }
    return padded_;
  }

  [[noreturn]] void fail(const detail::ByteReader& reader) const {
    const char* const said = stb::stbi_failure_reason();
    const std::string_view reason = said != nullptr ? said : "unknown";
    if (reader.ran_out() || reason == "outofdata") {
      file_->fail_truncated();
    }
    file_->fail_damaged(reason);
  }

  ImageFormat format_;
  const EncodedImage* file_ = nullptr;
  std::span<const std::byte> bytes_;  // of the file, or padded_
  std::vector<std::byte> padded_;
  Size size_;
  int channels_ = 0;  // that the file has
  std::unique_ptr<stb::stbi_uc, void (*)(void*)> pixels_{nullptr, stb::stbi_image_free};
};

}  // namespace hearth::image
