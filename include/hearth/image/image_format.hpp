/// What can be told of an image file before it is decoded: its format, how much it can hold, and whether its tables are
/// sound.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

namespace hearth::image {

/// The formats that hearth decodes.
enum class ImageFormat { unknown, jpeg, png, bmp, pnm, webp, tiff };

/// How many formats ImageFormat has.
inline constexpr std::size_t image_formats = 7;

/// The format by the file's first bytes.
inline ImageFormat image_format(std::span<const std::byte> bytes) noexcept {
  const auto holds = [&](std::size_t at, std::string_view letters) {
    return bytes.size() >= at + letters.size() && std::memcmp(bytes.data() + at, letters.data(), letters.size()) == 0;
  };
  const auto is_pnm = [&] {
    return holds(0, "P") && bytes.size() > 2 && (holds(1, "2") || holds(1, "3") || holds(1, "5") || holds(1, "6")) &&
           std::string_view(" \t\n\v\f\r").find(std::to_integer<char>(bytes[2])) != std::string_view::npos;
  };
  const auto is_tiff = [&] {
    using namespace std::string_view_literals;
    return holds(0, "II*\0"sv) || holds(0, "MM\0*"sv) || holds(0, "II+\0"sv) || holds(0, "MM\0+"sv);
  };
  return holds(0, "\xFF\xD8\xFF")                  ? ImageFormat::jpeg
         : holds(0, "\x89PNG\r\n\x1A\n")           ? ImageFormat::png
         : holds(0, "BM")                          ? ImageFormat::bmp
         : is_pnm()                                ? ImageFormat::pnm
         : holds(0, "RIFF") && holds(8, "WEBPVP8") ? ImageFormat::webp
         : is_tiff()                               ? ImageFormat::tiff
                                                   : ImageFormat::unknown;
}

/// How many pixels one byte of a file can stand for, at most: a JPEG spends a bit on each block of a component that may
/// be subsampled 4:1 both ways, deflate packs PNG's 8 pixels a byte 1032:1, BMP stores its 8 pixels a byte as they are,
/// and PNM at most one. WebP and TIFF can say "all the same" of any number of pixels.
inline std::int64_t most_pixels_a_byte(ImageFormat format) noexcept {
  switch (format) {
    case ImageFormat::jpeg:
      return 1024;
    case ImageFormat::png:
      return 8 * 1032;
    case ImageFormat::bmp:
      return 8;
    case ImageFormat::pnm:
      return 1;
    default:
      return std::numeric_limits<std::int64_t>::max();
  }
}

/// Whether no Huffman table of a JPEG (ITU T.81, B.2.4.2) claims more than the 256 codes that there can be; stb_image
/// up to 2.27 takes such a table without looking.
inline bool has_sound_huffman_tables(std::span<const std::byte> bytes) noexcept {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? std::to_integer<std::size_t>(bytes[i]) : 0; };
  for (std::size_t i = 2; i + 1 < bytes.size();) {
    const auto* const found =
        static_cast<const std::byte*>(std::memchr(&bytes[i], 0xFF, bytes.size() - i - 1));  // the next marker
    if (found == nullptr) {
      break;
    }
    i = static_cast<std::size_t>(found - bytes.data()) + 1;
    const std::size_t marker = at(i);
    if (marker == 0xFF) {
      continue;  // fill bytes may stand before a marker
    }
    ++i;
    if (marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD9)) {
      continue;  // compressed data, or a marker that stands alone
    }
    const std::size_t end = i + std::max<std::size_t>(at(i) * 256 + at(i + 1), 2);
    if (marker == 0xC4) {
      for (std::size_t table = i + 2; table < end;) {
        std::size_t codes = 0;
        for (std::size_t length = 1; length <= 16; ++length) {
          codes += at(table + length);
        }
        if (codes > 256) {
          return false;
        }
        table += 17 + codes;
      }
    }
    i = end;
  }
  return true;
}

}  // namespace hearth::image
