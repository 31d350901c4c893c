/// Decodes TIFF with libtiff.
#pragma once

#if !__has_include(<tiffio.h>)
#error \
    "hearth/image/tiff.hpp needs libtiff: install it (Debian and Ubuntu: apt install libtiff-dev) and link hearth::tiff"
#endif

#include <tiffio.h>
#if TIFFLIB_VERSION < 20221213
#error "hearth::tiff needs libtiff 4.5 or later, whose messages go to who opens a file"
#endif

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/image/decoder.hpp>
#include <hearth/image/to_channels.hpp>

namespace hearth::image {

/// The first picture of a TIFF file: grey of 1, 2, 4, 8 or 16 bits, palettes of up to 8, RGB of 8 or 16, CMYK of 8, and
/// YCbCr in JPEG, in strips or tiles, in any compression that libtiff knows, turned as its orientation says. The whole
/// image is decoded, whatever part of it is needed.
class TiffDecoder final : public Decoder {
 public:
  Size open(const EncodedImage& file) override {
    file_ = &file;
    tiff_.reset();
    at_ = 0;
    ran_out_ = is_decoded_ = false;
    reason_[0] = '\0';
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                               TIFFOpenOptionsFree);
    if (options == nullptr) {
      throw std::bad_alloc();
    }
    // What libtiff takes for itself is tables and packed data, which are no longer than the file.
    constexpr std::size_t least = 1 << 20;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(least + 16 * file.bytes.size()));
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_reason, this);
    TIFFOpenOptionsSetWarningHandlerExtR(
        options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
    tiff_.reset(TIFFClientOpenExt(
        "", "rmO", static_cast<thandle_t>(this), read_bytes, write_bytes, seek, [](thandle_t) { return 0; }, length,
        nullptr, nullptr, options.get()));
    check(tiff_ != nullptr);
    read_header();
    check(!ran_out_);  // libtiff goes on without a palette that the file has lost, for one
    const bool lies = orientation_ >= ORIENTATION_LEFTTOP;
    const Size size = lies ? Size{size_.width, size_.height} : size_;
    file.check_size(size, ImageFormat::tiff);
    return size;
  }

  ImageView read(const Rect& needed, int /*reduction*/, std::vector<std::uint8_t>& memory) override {
    if (!is_decoded_) {
      decode();
      check(!ran_out_);
      turn();
      is_decoded_ = true;
    }
    const bool lies = orientation_ >= ORIENTATION_LEFTTOP;
    const int height = lies ? size_.width : size_.height;
    const int width = lies ? size_.height : size_.width;
    const ImageView part =
        ImageView{pixels_.data(), height, width, channels_, std::ptrdiff_t{width} * channels_}.crop(needed);
    return channels_ == file_->channels() ? part : to_channels(part, file_->channels(), memory);
  }

 private:
  static TiffDecoder& of(thandle_t handle) noexcept { return *static_cast<TiffDecoder*>(handle); }

  static tmsize_t read_bytes(thandle_t handle, void* out, tmsize_t count) {
    TiffDecoder& decoder = of(handle);
    const std::span<const std::byte> bytes = decoder.file_->bytes;
    const std::uint64_t left = decoder.at_ < bytes.size() ? bytes.size() - decoder.at_ : 0;
    const std::uint64_t read = std::min(left, static_cast<std::uint64_t>(std::max<tmsize_t>(count, 0)));
    decoder.ran_out_ = decoder.ran_out_ || read < static_cast<std::uint64_t>(count);
    if (read > 0) {
      std::memcpy(out, bytes.data() + decoder.at_, read);
    }
    decoder.at_ += read;
    return static_cast<tmsize_t>(read);
  }

  static tmsize_t write_bytes(thandle_t /*handle*/, void* /*bytes*/, tmsize_t /*count*/) { return 0; }

  static toff_t seek(thandle_t handle, toff_t to, int from) {
    TiffDecoder& decoder = of(handle);
    decoder.at_ = to + (from == SEEK_CUR ? decoder.at_ : from == SEEK_END ? decoder.file_->bytes.size() : 0);
    return decoder.at_;
  }

  static toff_t length(thandle_t handle) { return of(handle).file_->bytes.size(); }

  /// Keeps the first message, which is nearest to the cause.
  static int keep_reason(TIFF* /*tiff*/, void* decoder, const char* /*place*/, const char* sentence, va_list values) {
    auto& reason = static_cast<TiffDecoder*>(decoder)->reason_;
    if (reason[0] == '\0') {
      std::vsnprintf(reason.data(), reason.size(), sentence, values);
      for (char& letter : reason) {
        letter = letter != '\0' && (letter < ' ' || letter > '~') ? '?' : letter;
      }
    }
    return 1;
  }

  void check(bool succeeded) const {
    if (!succeeded && ran_out_) {
      file_->fail_truncated();
    }
    file_->require(succeeded, reason_[0] != '\0' ? reason_.data() : "libtiff cannot read it");
  }

  template <class T>
  T field(std::uint32_t tag, T otherwise) const noexcept {
    T value = otherwise;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : otherwise;
  }

  void read_header() {
    const auto width = field<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    const auto height = field<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    constexpr std::uint32_t most = 1U << 30;
    file_->require(width <= most && height <= most, "its header gives no size");
    size_ = {static_cast<int>(height), static_cast<int>(width)};
    bits_ = field<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    samples_ = field<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    photometric_ = field<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    orientation_ = field<std::uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    orientation_ = orientation_ > ORIENTATION_LEFTBOT ? std::uint16_t{ORIENTATION_TOPLEFT} : orientation_;
    is_planar_ =
        field<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE && samples_ > 1;
    const auto compression = field<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    if (photometric_ == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG && !is_planar_) {
      TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      photometric_ = PHOTOMETRIC_RGB;
    }
    const bool is_small = bits_ == 1 || bits_ == 2 || bits_ == 4;
    const bool is_grey = photometric_ == PHOTOMETRIC_MINISWHITE || photometric_ == PHOTOMETRIC_MINISBLACK;
    const bool is_known = (is_grey && ((is_small && samples_ == 1) || bits_ == 8 || (bits_ == 16 && samples_ == 1))) ||
                          (photometric_ == PHOTOMETRIC_PALETTE && ((is_small && samples_ == 1) || bits_ == 8)) ||
                          (photometric_ == PHOTOMETRIC_RGB && samples_ >= 3 && (bits_ == 8 || bits_ == 16)) ||
                          (photometric_ == PHOTOMETRIC_SEPARATED && samples_ >= 4 && bits_ == 8);
    constexpr std::uint16_t most_samples = 8;
    file_->require(is_known && samples_ >= 1 && samples_ <= most_samples &&
                       field<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT) == SAMPLEFORMAT_UINT,
                   "its samples are of a kind that is not read");
    std::uint16_t extra = 0;
    const std::uint16_t* kinds = nullptr;
    is_premultiplied_ = TIFFGetField(tiff_.get(), TIFFTAG_EXTRASAMPLES, &extra, &kinds) == 1 && extra >= 1 &&
                        kinds[0] == EXTRASAMPLE_ASSOCALPHA && photometric_ == PHOTOMETRIC_RGB && samples_ >= 4;
    file_->require(!is_premultiplied_ || bits_ == 8, "its samples are of a kind that is not read");
    channels_ = is_grey ? 1 : 3;
    if (photometric_ == PHOTOMETRIC_PALETTE) {
      read_palette();
    }
  }

  void read_palette() {
    std::array<std::uint16_t*, 3> colours{};
    check(TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]) == 1);
    palette_.fill(0);
    for (std::size_t i = 0; i < std::size_t{1} << bits_; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        palette_[3 * i + c] = static_cast<std::uint8_t>(colours[c][i] / 256);
      }
    }
  }

  /// Decodes all strips or tiles into pixels_.
  void decode() {
    const bool is_tiled = TIFFIsTiled(tiff_.get()) != 0;
    Size part = size_;
    if (is_tiled) {
      const auto width = field<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
      const auto height = field<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
      constexpr std::uint32_t slack = 1024;  // a tile may be larger than a small image
      file_->require(width >= 1 && height >= 1 && width <= static_cast<std::uint32_t>(size_.width) + slack &&
                         height <= static_cast<std::uint32_t>(size_.height) + slack,
                     "its tiles are much larger than itself");
      part = {static_cast<int>(height), static_cast<int>(width)};
    } else {
      const auto rows = field<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, std::numeric_limits<std::uint32_t>::max());
      file_->require(rows >= 1, "its strips have no rows");
      part.height = static_cast<int>(std::min(rows, static_cast<std::uint32_t>(size_.height)));
    }
    const tmsize_t bytes = is_tiled ? TIFFTileSize(tiff_.get()) : TIFFStripSize(tiff_.get());
    const std::size_t row_bytes =
        (static_cast<std::size_t>(part.width) * static_cast<std::size_t>(bits_ * (is_planar_ ? 1 : samples_)) + 7) / 8;
    check(bytes > 0);
    file_->require(static_cast<std::size_t>(bytes) / row_bytes >= static_cast<std::size_t>(part.height) &&
                       static_cast<std::size_t>(bytes) / row_bytes <= static_cast<std::size_t>(part.height) + 8,
                   "its strips or tiles have another size than its samples");
    reserve(part_, static_cast<std::size_t>(bytes));
    const std::size_t channels = static_cast<std::size_t>(channels_);
    reserve(pixels_, static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height) * channels);
    const int planes = is_planar_ ? (photometric_ == PHOTOMETRIC_RGB         ? 3
                                     : photometric_ == PHOTOMETRIC_SEPARATED ? 4
                                                                             : 1)
                                  : 1;
    file_->require(!is_planar_ || (photometric_ != PHOTOMETRIC_SEPARATED && !is_premultiplied_),
                   "its samples are of a kind that is not read");
    for (int plane = 0; plane < planes; ++plane) {
      for (int top = 0; top < size_.height; top += part.height) {
        const int rows = std::min(part.height, size_.height - top);
        for (int left = 0; left < size_.width; left += part.width) {
          read_part(is_tiled, top, left, plane, bytes);
          const int columns = std::min(part.width, size_.width - left);
          for (int y = 0; y < rows; ++y) {
            const std::size_t first = static_cast<std::size_t>(top + y) * static_cast<std::size_t>(size_.width) +
                                      static_cast<std::size_t>(left);
            store_row(part_.data() + static_cast<std::size_t>(y) * row_bytes, columns, plane,
                      pixels_.data() + first * channels);
          }
        }
      }
    }
  }

  void read_part(bool is_tiled, int top, int left, int plane, tmsize_t bytes) {
    const auto x = static_cast<std::uint32_t>(left);
    const auto y = static_cast<std::uint32_t>(top);
    const auto sample = static_cast<std::uint16_t>(plane);
    std::fill(part_.begin(), part_.begin() + bytes, std::uint8_t{0});  // what damaged data do not give is black
    const tmsize_t read =
        is_tiled ? TIFFReadEncodedTile(tiff_.get(), TIFFComputeTile(tiff_.get(), x, y, 0, sample), part_.data(), bytes)
                 : TIFFReadEncodedStrip(tiff_.get(), TIFFComputeStrip(tiff_.get(), y, sample), part_.data(), bytes);
    check(read >= 0);
  }

  /// One row of samples as pixels of channels_, or as one channel of them where each plane stands alone.
  void store_row(const std::uint8_t* row, int width, int plane, std::uint8_t* out) const noexcept {
    const auto sample = [&](std::size_t i) -> std::uint8_t {
      if (bits_ == 8) {
        return row[i];
      }
      if (bits_ == 16) {
        std::uint16_t value = 0;
        std::memcpy(&value, row + 2 * i, sizeof(value));
        return static_cast<std::uint8_t>(channels_ == 1 ? std::min<int>(value, 255)
                                                        : value >> 8);  // as PIL, which clips grey
      }
      const std::size_t bit = i * bits_;
      return static_cast<std::uint8_t>((row[bit / 8] >> (8 - bits_ - bit % 8)) & ((1 << bits_) - 1));
    };
    const std::size_t step = is_planar_ ? 1 : samples_;
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x, out += channels_) {
      const std::size_t i = x * step;
      if (photometric_ == PHOTOMETRIC_PALETTE) {
        std::memcpy(out, &palette_[std::size_t{sample(i)} * 3], 3);
      } else if (channels_ == 1) {
        const int scale = bits_ < 8 ? 255 / ((1 << bits_) - 1) : 1;
        const int grey = sample(i) * scale;
        out[0] = static_cast<std::uint8_t>(photometric_ == PHOTOMETRIC_MINISWHITE && bits_ <= 8 ? 255 - grey : grey);
      } else if (is_planar_) {
        out[plane] = sample(i);
      } else if (photometric_ == PHOTOMETRIC_SEPARATED) {
        const int white = 255 - sample(i + 3);
        for (std::size_t c = 0; c < 3; ++c) {
          const int product = sample(i + c) * white + 128;
          out[c] = static_cast<std::uint8_t>(white - ((product >> 8) + product) / 256);
        }
      } else {
        const int alpha = is_premultiplied_ ? sample(i + 3) : 255;
        for (std::size_t c = 0; c < 3; ++c) {
          const int value = sample(i + c);
          out[c] = static_cast<std::uint8_t>(alpha == 255 ? value
                                             : alpha == 0 ? 0
                                                          : std::min(value * 255 / alpha, 255));
        }
      }
    }
  }

  /// Turns pixels_ upright.
  void turn() {
    if (orientation_ <= ORIENTATION_TOPLEFT) {
      return;
    }
    const bool lies = orientation_ >= ORIENTATION_LEFTTOP;
    const bool from_right = orientation_ == ORIENTATION_TOPRIGHT || orientation_ == ORIENTATION_BOTRIGHT ||
                            orientation_ == ORIENTATION_RIGHTBOT || orientation_ == ORIENTATION_LEFTBOT;
    const bool from_below = orientation_ == ORIENTATION_BOTRIGHT || orientation_ == ORIENTATION_BOTLEFT ||
                            orientation_ == ORIENTATION_RIGHTTOP || orientation_ == ORIENTATION_RIGHTBOT;
    const int height = lies ? size_.width : size_.height;
    const int width = lies ? size_.height : size_.width;
    const std::size_t channels = static_cast<std::size_t>(channels_);
    std::uint8_t* out = reserve(part_, static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * channels);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x, out += channels) {
        const int row = lies ? x : y;
        const int column = lies ? y : x;
        const int from_y = from_below ? size_.height - 1 - row : row;
        const int from_x = from_right ? size_.width - 1 - column : column;
        const std::size_t from =
            static_cast<std::size_t>(from_y) * static_cast<std::size_t>(size_.width) + static_cast<std::size_t>(from_x);
        std::memcpy(out, &pixels_[from * channels], channels);
      }
    }
    std::swap(pixels_, part_);
  }

  const EncodedImage* file_ = nullptr;
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff_{nullptr, TIFFClose};
  std::uint64_t at_ = 0;
  Size size_;  // as the samples lie
  int channels_ = 3;
  std::uint16_t bits_ = 8;
  std::uint16_t samples_ = 3;
  std::uint16_t photometric_ = 0;
  std::uint16_t orientation_ = 1;
  bool is_planar_ = false;
  bool is_premultiplied_ = false;
  bool is_decoded_ = false;
  bool ran_out_ = false;
  std::array<char, 256> reason_{};
  std::array<std::uint8_t, 768> palette_{};
  std::vector<std::uint8_t> part_;  // a strip or a tile
  std::vector<std::uint8_t> pixels_;
};

}  // namespace hearth::image
