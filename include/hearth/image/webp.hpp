/// Decodes WebP with libwebp.
#pragma once

#if !__has_include(<webp/decode.h>)
#error \
    "hearth/image/webp.hpp needs libwebp: install it (Debian and Ubuntu: apt install libwebp-dev) and link hearth::webp"
#endif

#include <webp/decode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/image/decoder.hpp>
#include <hearth/image/to_channels.hpp>

namespace hearth::image {

/// WebP files, lossy or lossless. Of an animation the first picture, with black around it where it is smaller than the
/// whole, as PIL gives it. The whole image is decoded, whatever part of it is needed.
class WebpDecoder final : public Decoder {
 public:
  Size open(const EncodedImage& file) override {
    file_ = &file;
    is_decoded_ = false;
    constexpr std::size_t riff_header = 8;
    if (number(file.bytes, 4, 4) > file.bytes.size() - riff_header) {
      file.fail_truncated();
    }
    WebPBitstreamFeatures features;
    check(WebPGetFeatures(data(file.bytes), file.bytes.size(), &features));
    size_ = {features.height, features.width};
    is_animation_ = features.has_animation != 0;
    file.check_size(size_, ImageFormat::webp);
    return size_;
  }

  ImageView read(const Rect& needed, int /*reduction*/, std::vector<std::uint8_t>& memory) override {
    const std::ptrdiff_t stride = std::ptrdiff_t{size_.width} * 3;
    if (!is_decoded_) {
      reserve(rgb_, static_cast<std::size_t>(stride) * static_cast<std::size_t>(size_.height));
      if (is_animation_) {
        decode_first_picture();
      } else {
        decode(file_->bytes, {0, 0, size_.height, size_.width});
      }
      is_decoded_ = true;
    }
    const ImageView part = ImageView{rgb_.data(), size_.height, size_.width, 3, stride}.crop(needed);
    return file_->channels() == 3 ? part : to_channels(part, file_->channels(), memory);
  }

 private:
  static const std::uint8_t* data(std::span<const std::byte> bytes) noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
  }

  /// The number in `count` bytes, the least significant first.
  static std::size_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t count) noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::to_integer<std::size_t>(bytes[at + i]) << (8 * i);
    }
    return value;
  }

  void check(VP8StatusCode status) const {
    switch (status) {
      case VP8_STATUS_OK:
        return;
      case VP8_STATUS_OUT_OF_MEMORY:
        throw std::bad_alloc();
      case VP8_STATUS_NOT_ENOUGH_DATA:
      case VP8_STATUS_SUSPENDED:
        file_->fail_truncated();
      case VP8_STATUS_UNSUPPORTED_FEATURE:
        file_->fail_damaged("it uses a feature that libwebp does not know");
      default:
        file_->fail_damaged("its data are no picture");
    }
  }

  /// Decodes a picture of the size of `place` into that place.
  void decode(std::span<const std::byte> picture, const Rect& place) {
    WebPDecoderConfig config;
    file_->require(WebPInitDecoderConfig(&config) != 0, "libwebp is another version than its header");
    check(WebPGetFeatures(data(picture), picture.size(), &config.input));
    file_->require(
        config.input.width == place.width && config.input.height == place.height && config.input.has_animation == 0,
        "a picture of it has not the size that it ought to have");
    const int stride = size_.width * 3;
    const std::size_t first = (static_cast<std::size_t>(place.top) * static_cast<std::size_t>(size_.width) +
                               static_cast<std::size_t>(place.left)) *
                              3;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = rgb_.data() + first;
    config.output.u.RGBA.stride = stride;
    config.output.u.RGBA.size = static_cast<std::size_t>(stride) * static_cast<std::size_t>(size_.height) - first;
    check(WebPDecode(data(picture), picture.size(), &config));
  }

  void decode_first_picture() {
    std::fill_n(rgb_.begin(), static_cast<std::ptrdiff_t>(size_.width) * size_.height * 3, std::uint8_t{0});
    constexpr std::size_t chunk_header = 8;
    constexpr std::size_t picture_header = 16;
    std::span<const std::byte> left = file_->bytes.subspan(12);  // after RIFF, its size and WEBP
    while (left.size() >= chunk_header) {
      const std::size_t length = number(left, 4, 4);
      if (length > left.size() - chunk_header) {
        break;
      }
      if (std::memcmp(left.data(), "ANMF", 4) == 0 && length >= picture_header) {
        const std::span<const std::byte> picture = left.subspan(chunk_header, length);
        const auto field = [&](std::size_t at) { return static_cast<int>(number(picture, at, 3)); };
        const Rect place{2 * field(3), 2 * field(0), field(9) + 1, field(6) + 1};
        file_->require(place.top + place.height <= size_.height && place.left + place.width <= size_.width,
                       "its first picture reaches beyond its edge");
        decode(picture.subspan(picture_header), place);
        return;
      }
      left = left.subspan(std::min(chunk_header + length + length % 2, left.size()));
    }
    file_->fail_truncated();
  }

  const EncodedImage* file_ = nullptr;
  Size size_;
  bool is_animation_ = false;
  bool is_decoded_ = false;
  std::vector<std::uint8_t> rgb_;
};

}  // namespace hearth::image
