#pragma once

#include <hearth/image/decode.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/image/decode_error.hpp>
#include <hearth/image/image_format.hpp>
#include <hearth/image/png.hpp>
#include <hearth/image/stb_image.hpp>
#include <hearth/image/store_pixel.hpp>
#ifdef HEARTH_WITH_LIBJPEG_TURBO  // linking hearth::jpeg defines it
#include <hearth/image/libjpeg_turbo.hpp>
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_jpeg_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_jpeg_or_none_does);
#endif

namespace hearth {

namespace image::detail {

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

[[noreturn]] inline void fail_to_decode(const ByteReader& reader, std::size_t bytes, std::string_view name) {
  const char* const said = stb::stbi_failure_reason();
  const std::string_view reason = said != nullptr ? said : "unknown";
  if (reader.ran_out() || reason == "outofdata") {
    fail_truncated(bytes, name);
  }
  fail_damaged(name, reason);
}

/// `stored` has 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels; alpha is dropped.
inline Image to_channels(const std::uint8_t* stored, Size size, int stored_channels, int channels) {
  const std::size_t count = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  if (stored_channels == channels) {
    const std::uint8_t* const end = stored + count * static_cast<std::size_t>(channels);
    return {size.height, size.width, channels, std::vector<std::uint8_t>(stored, end)};
  }
  Image image(size.height, size.width, channels);
  std::uint8_t* out = image.pixels().data();
  for (std::size_t i = 0; i < count; ++i, stored += stored_channels, out += channels) {
    if (stored_channels >= 3) {
      store_rgb(stored, channels, out);
    } else {
      store_grey(*stored, channels, out);
    }
  }
  return image;
}

/// A JPEG or BMP file.
inline Image decode_with_stb(std::span<const std::byte> bytes, std::string_view name, ImageFormat format,
                             const DecodeOptions& options) {
  Size size;
  int stored_channels = 0;
  if (ByteReader reader(bytes);
      stb::stbi_info_from_callbacks(&read_bytes, &reader, &size.width, &size.height, &stored_channels) == 0) {
    fail_to_decode(reader, bytes.size(), name);
  }
  check_size(size, format, bytes.size(), name, options.max_pixels);
  ByteReader reader(bytes);
  const std::unique_ptr<stb::stbi_uc, void (*)(void*)> pixels(
      stb::stbi_load_from_callbacks(&read_bytes, &reader, &size.width, &size.height, &stored_channels, 0),
      stb::stbi_image_free);
  if (pixels == nullptr || reader.ran_out()) {
    fail_to_decode(reader, bytes.size(), name);
  }
  return to_channels(pixels.get(), size, stored_channels, static_cast<int>(options.channels));
}

inline Image decode_png(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options) {
  PngReader png(bytes, name);
  check_size(png.size(), ImageFormat::png, bytes.size(), name, options.max_pixels);
  return png.read(static_cast<int>(options.channels));
}

inline Image decode_jpeg(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options) {
#ifdef HEARTH_WITH_LIBJPEG_TURBO
  JpegDecoder jpeg(bytes);
  const auto check = [&](bool finished) {
    if (!finished && jpeg.ran_out()) {
      fail_truncated(bytes.size(), name);
    }
    if (!finished) {
      fail_damaged(name, jpeg.reason());
    }
  };
  check(jpeg.read_header());
  check_size(jpeg.size(), ImageFormat::jpeg, bytes.size(), name, options.max_pixels);
  Image image(jpeg.size().height, jpeg.size().width, jpeg.channels());
  check(jpeg.read_pixels(image));
  if (image.channels() == static_cast<int>(options.channels)) {
    return image;
  }
  return to_channels(image.pixels().data(), image.size(), image.channels(), static_cast<int>(options.channels));
#else
  core::require(has_sound_huffman_tables(bytes),
                "decode_image: {} is damaged: one of its Huffman tables has more than 256 codes", name);
  return decode_with_stb(bytes, name, ImageFormat::jpeg, options);
#endif
}

}  // namespace image::detail

HEARTH_INLINE Image decode_image(std::span<const std::byte> bytes, std::string_view name,
                                 const DecodeOptions& options) {
  core::require(!bytes.empty(), "decode_image: {} is empty", name);
  switch (const image::ImageFormat format = image::image_format(bytes)) {
    case image::ImageFormat::jpeg:
      return image::detail::decode_jpeg(bytes, name, options);
    case image::ImageFormat::png:
      return image::detail::decode_png(bytes, name, options);
    case image::ImageFormat::bmp:
      return image::detail::decode_with_stb(bytes, name, format, options);
    case image::ImageFormat::unknown:
      break;
  }
  core::fail("decode_image: {} is not a JPEG, PNG or BMP image", name);
}

HEARTH_INLINE Image read_image(const std::filesystem::path& path, const DecodeOptions& options) {
  return decode_image(core::read_file(path), core::printable(path), options);
}

}  // namespace hearth
