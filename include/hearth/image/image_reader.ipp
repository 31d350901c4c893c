#pragma once

#include <hearth/image/image_reader.hpp>

#include <cstring>
#include <functional>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/image/decoder.hpp>
#include <hearth/image/png.hpp>
#include <hearth/image/pnm.hpp>
#include <hearth/image/stb_decoder.hpp>
#ifdef HEARTH_WITH_LIBJPEG_TURBO  // linking hearth::jpeg defines it
#include <hearth/image/libjpeg_turbo.hpp>
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_jpeg_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_jpeg_or_none_does);
#endif

#ifdef HEARTH_WITH_LIBDEFLATE  // hearth::png
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_png_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_png_or_none_does);
#endif
#ifdef HEARTH_WITH_LIBWEBP  // hearth::webp
#include <hearth/image/webp.hpp>
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_webp_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_webp_or_none_does);
#endif
#ifdef HEARTH_WITH_LIBTIFF  // hearth::tiff
#include <hearth/image/tiff.hpp>
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_tiff_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_tiff_or_none_does);
#endif

namespace hearth::image {

namespace detail {

inline std::unique_ptr<Decoder> make_decoder(ImageFormat format) {
  switch (format) {
    case ImageFormat::jpeg:
#ifdef HEARTH_WITH_LIBJPEG_TURBO
      return std::make_unique<JpegDecoder>();
#else
      return std::make_unique<StbDecoder>(format);
#endif
    case ImageFormat::png:
      return std::make_unique<PngDecoder>();
    case ImageFormat::bmp:
      return std::make_unique<StbDecoder>(format);
    case ImageFormat::pnm:
      return std::make_unique<PnmDecoder>();
    case ImageFormat::webp:
#ifdef HEARTH_WITH_LIBWEBP
      return std::make_unique<WebpDecoder>();
#else
      break;
#endif
    case ImageFormat::tiff:
#ifdef HEARTH_WITH_LIBTIFF
      return std::make_unique<TiffDecoder>();
#else
      break;
#endif
    case ImageFormat::unknown:
      break;
  }
  return nullptr;
}

}  // namespace detail

HEARTH_INLINE ImageReader::ImageReader() noexcept = default;

HEARTH_INLINE ImageReader::~ImageReader() = default;

HEARTH_INLINE void ImageReader::open(std::span<const std::byte> bytes, NameOf name, const DecodeOptions& options) {
  decoder_ = nullptr;  // until the header has been read
  file_.emplace(EncodedImage{bytes, name, options});
  if (bytes.empty()) {
    core::fail("decode_image: {} is empty", name());
  }
  const ImageFormat format = image_format(bytes);
  std::unique_ptr<Decoder>& decoder = decoders_[static_cast<std::size_t>(format)];
  if (decoder == nullptr) {
    decoder = detail::make_decoder(format);
  }
  if (decoder == nullptr) {
    core::require(format != ImageFormat::webp,
                  "decode_image: {} is a WebP image, which needs a program with hearth::webp", name());
    core::require(format != ImageFormat::tiff,
                  "decode_image: {} is a TIFF image, which needs a program with hearth::tiff", name());
    core::fail("decode_image: {} is not a JPEG, PNG, BMP, PGM, PPM, WebP or TIFF image", name());
  }
  size_ = decoder->open(*file_);
  decoder_ = decoder.get();
}

HEARTH_INLINE Size ImageReader::size() const {
  return size_;
}

HEARTH_INLINE int ImageReader::channels() const {
  return file_ ? file_->channels() : 0;
}

HEARTH_INLINE int ImageReader::reduction(int wanted) const {
  return decoder_ == nullptr || file_->options.exact ? 1 : decoder_->reduction(wanted);
}

HEARTH_INLINE ImageView ImageReader::pixels(const Rect& needed, int reduction) {
  core::require(decoder_ != nullptr, "ImageReader: no image is open");
  const int height = (size_.height - 1) / reduction + 1;
  const int width = (size_.width - 1) / reduction + 1;
  core::require(needed.top >= 0 && needed.left >= 0 && needed.height >= 1 && needed.width >= 1 &&
                    needed.height <= height - needed.top && needed.width <= width - needed.left,
                "ImageReader: the part of {} x {} from ({}, {}) on is not within an image of {} x {}", needed.height,
                needed.width, needed.top, needed.left, height, width);
  return decoder_->read(needed, reduction, memory_);
}

HEARTH_INLINE Image ImageReader::image() {
  const ImageView view = pixels();
  const std::size_t row = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.channels);
  const std::size_t bytes = row * static_cast<std::size_t>(view.height);
  const bool is_within =
      !std::less<>()(view.data, memory_.data()) && std::less<>()(view.data, memory_.data() + memory_.size());
  std::vector<std::uint8_t> packed;
  if (is_within && memory_.capacity() - bytes <= bytes / 8) {  // the rows stand at their places or behind them
    packed = std::exchange(memory_, {});
  } else {
    packed.resize(bytes);
  }
  for (int y = 0; y < view.height; ++y) {
    std::uint8_t* const out = packed.data() + row * static_cast<std::size_t>(y);
    if (out != view.row(y)) {
      std::memmove(out, view.row(y), row);
    }
  }
  packed.resize(bytes);
  return {view.height, view.width, view.channels, std::move(packed)};
}

}  // namespace hearth::image
