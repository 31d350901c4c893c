/// Pictures out of JPEG, PNG and BMP files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_format.hpp>
#include <hearth/image/stb_image.hpp>
#ifdef HEARTH_WITH_LIBJPEG_TURBO  // linking hearth::jpeg defines it
#include <hearth/image/libjpeg_turbo.hpp>
#endif

namespace hearth {

/// What the channels of a decoded picture are to be; the value is their number.
enum class Channels : int { grey = 1, rgb = 3 };

}  // namespace hearth

namespace hearth::image {

/// Pictures of more pixels are refused, as PIL refuses them (its DecompressionBombError).
inline constexpr std::int64_t max_decoded_pixels = 178'956'970;

}  // namespace hearth::image

namespace hearth {

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

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  bool ran_out_ = false;
};

inline constexpr stb::stbi_io_callbacks read_bytes{
    [](void* reader, char* data, int size) { return static_cast<ByteReader*>(reader)->read(data, size); },
    [](void* reader, int count) { static_cast<ByteReader*>(reader)->skip(count); },
    [](void* reader) { return static_cast<int>(static_cast<ByteReader*>(reader)->left() == 0); }};

[[noreturn]] inline void fail_to_decode(bool ran_out, std::string_view reason, std::size_t bytes,
                                        std::string_view name) {
  if (ran_out) {
    core::fail("decode_image: {} is truncated: the picture needs more than its {} bytes", name, bytes);
  }
  core::fail("decode_image: {} is damaged or of an unsupported kind: {}", name, reason);
}

[[noreturn]] inline void fail_to_decode(const ByteReader& reader, std::size_t bytes, std::string_view name) {
  const char* const said = stb::stbi_failure_reason();
  const std::string_view reason = said != nullptr ? said : "unknown";
  fail_to_decode(reader.ran_out() || reason == "outofdata", reason, bytes, name);
}

/// Throws Error unless the bytes can hold a picture of this size and it is not too large.
inline void check_size(image::Size size, image::ImageFormat format, std::size_t bytes, std::string_view name) {
  const std::int64_t pixels = std::int64_t{size.height} * size.width;
  core::require(pixels <= image::max_decoded_pixels, "decode_image: {} has {} x {} pixels, but the most allowed is {}",
                name, size.width, size.height, image::max_decoded_pixels);
  core::require(pixels / image::most_pixels_a_byte(format) <= static_cast<std::int64_t>(bytes),
                "decode_image: {} is truncated: its {} bytes cannot hold {} x {} pixels", name, bytes, size.width,
                size.height);
}

/// PIL's luma of convert("L"): ITU-R 601-2 in 16-bit fixed point.
inline std::uint8_t luma(const std::uint8_t* rgb) noexcept {
  return static_cast<std::uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

/// `stored` has 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels; alpha is dropped.
inline Image to_channels(const std::uint8_t* stored, image::Size size, int stored_channels, int channels) {
  const std::size_t count = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  if (stored_channels == channels) {
    const std::uint8_t* const end = stored + count * static_cast<std::size_t>(channels);
    return {size.height, size.width, channels, std::vector<std::uint8_t>(stored, end)};
  }
  Image image(size.height, size.width, channels);
  std::uint8_t* out = image.pixels().data();
  for (std::size_t i = 0; i < count; ++i, stored += stored_channels, out += channels) {
    if (channels == 1) {
      *out = stored_channels >= 3 ? luma(stored) : *stored;
    } else {
      const bool coloured = stored_channels >= 3;
      out[0] = stored[0];
      out[1] = stored[coloured ? 1 : 0];
      out[2] = stored[coloured ? 2 : 0];
    }
  }
  return image;
}

#ifdef HEARTH_WITH_LIBJPEG_TURBO
inline Image decode_jpeg(std::span<const std::byte> bytes, std::string_view name, Channels channels) {
  image::JpegDecoder jpeg(bytes);
  if (!jpeg.read_header()) {
    fail_to_decode(jpeg.ran_out(), jpeg.reason(), bytes.size(), name);
  }
  check_size(jpeg.size(), image::ImageFormat::jpeg, bytes.size(), name);
  Image image(jpeg.size().height, jpeg.size().width, jpeg.channels());
  if (!jpeg.read_pixels(image)) {
    fail_to_decode(jpeg.ran_out(), jpeg.reason(), bytes.size(), name);
  }
  if (image.channels() != static_cast<int>(channels)) {
    image = to_channels(image.pixels().data(), image.size(), image.channels(), static_cast<int>(channels));
  }
  return image;
}
#endif

}  // namespace detail

/// The picture in a JPEG (baseline or progressive), PNG or BMP file's bytes, as RGB or as grey, to what PIL's
/// Image.convert("RGB") and convert("L") make of it: alpha is dropped (not blended), a palette looked up, 16 bits
/// become the upper 8, except that PIL clips 16-bit grey to 255 and so does this. PNG is equal to PIL's to the last
/// bit, and so is BMP but for 16-bit pixels (1 of 255 apart). JPEG is equal to PIL's in a program that links
/// hearth::jpeg, and otherwise decoded by stb_image to within 1 on average. `name` is what error messages call it.
/// Throws Error, naming it, when the bytes are none of these formats, are damaged beyond what the decoder mends, end
/// before the picture does, or promise a picture larger than they can hold or than `max_decoded_pixels`.
///
/// Linking hearth::jpeg defines HEARTH_WITH_LIBJPEG_TURBO. All of a program's translation units that include this
/// header must have it or none: otherwise the program would have two definitions of this function.
inline Image decode_image(std::span<const std::byte> bytes, std::string_view name, Channels channels = Channels::rgb) {
  core::require(!bytes.empty(), "decode_image: {} is empty", name);
  const image::ImageFormat format = image::image_format(bytes);
  core::require(format != image::ImageFormat::unknown, "decode_image: {} is not a JPEG, PNG or BMP image", name);
#ifdef HEARTH_WITH_LIBJPEG_TURBO
  if (format == image::ImageFormat::jpeg) {
    return detail::decode_jpeg(bytes, name, channels);
  }
#endif
  core::require(format != image::ImageFormat::jpeg || image::has_sound_huffman_tables(bytes),
                "decode_image: {} is damaged: one of its Huffman tables has more than 256 codes", name);

  const stb::stbi_io_callbacks* const callbacks = &detail::read_bytes;
  image::Size size;
  int stored_channels = 0;
  if (detail::ByteReader reader(bytes);
      stb::stbi_info_from_callbacks(callbacks, &reader, &size.width, &size.height, &stored_channels) == 0) {
    detail::fail_to_decode(reader, bytes.size(), name);
  }
  detail::check_size(size, format, bytes.size(), name);

  detail::ByteReader reader(bytes);
  const auto is = [&](std::size_t offset, int value) {
    return offset < bytes.size() && std::to_integer<int>(bytes[offset]) == value;
  };
  if (format == image::ImageFormat::png && is(24, 16) && is(25, 0)) {  // IHDR: bit depth 16, colour type grey
    const std::unique_ptr<stb::stbi_us, void (*)(void*)> wide(
        stb::stbi_load_16_from_callbacks(callbacks, &reader, &size.width, &size.height, &stored_channels, 1),
        stb::stbi_image_free);
    if (wide == nullptr || reader.ran_out()) {
      detail::fail_to_decode(reader, bytes.size(), name);
    }
    std::vector<std::uint8_t> clipped(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width));
    std::transform(wide.get(), wide.get() + clipped.size(), clipped.begin(),
                   [](stb::stbi_us value) { return static_cast<std::uint8_t>(std::min<int>(value, 255)); });
    return detail::to_channels(clipped.data(), size, 1, static_cast<int>(channels));
  }
  const std::unique_ptr<stb::stbi_uc, void (*)(void*)> pixels(
      stb::stbi_load_from_callbacks(callbacks, &reader, &size.width, &size.height, &stored_channels, 0),
      stb::stbi_image_free);
  if (pixels == nullptr || reader.ran_out()) {
    detail::fail_to_decode(reader, bytes.size(), name);
  }
  return detail::to_channels(pixels.get(), size, stored_channels, static_cast<int>(channels));
}

/// The picture in the file. Throws Error, naming it, when it cannot be read or decoded.
inline Image read_image(const std::filesystem::path& path, Channels channels = Channels::rgb) {
  return decode_image(core::read_file(path), path.string(), channels);
}

}  // namespace hearth
