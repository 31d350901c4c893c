/// Decodes JPEG with libjpeg-turbo, faster than stb_image does and to the pixels that PIL makes, which has the same
/// library inside.
#pragma once

#if !__has_include(<jpeglib.h>)
#error \
    "hearth/image/libjpeg_turbo.hpp needs libjpeg-turbo: install it (Debian and Ubuntu: apt install libjpeg-dev) and link hearth::jpeg"
#endif

#include <cstdio>  // jpeglib.h takes FILE and size_t for granted

#include <jpeglib.h>
#ifndef LIBJPEG_TURBO_VERSION
#error \
    "hearth::jpeg needs libjpeg-turbo, but the jpeglib.h that was found is another library's, whose pixels are others"
#endif

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/image/image.hpp>

namespace hearth::image {

/// PIL's convert("RGB") of CMYK as JPEG files have it, with 0 for full ink.
inline void cmyk_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, int width) noexcept {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - cmyk[c]) * cmyk[3] + 128;
      rgb[c] = static_cast<std::uint8_t>(cmyk[3] - ((product >> 8) + product) / 256);
    }
  }
}

/// One JPEG file in memory, decoded with the library's defaults (the accurate integer transform, smooth upsampling), as
/// PIL does. What fails says so and leaves its reason. libjpeg-turbo reports an error by a jump: no object with a
/// destructor may stand between the jump and `finishes`.
class JpegDecoder {
 public:
  explicit JpegDecoder(std::span<const std::byte> bytes) noexcept {
    jpeg_.err = jpeg_std_error(&errors_);
    jpeg_.client_data = this;
    errors_.error_exit = [](j_common_ptr jpeg) {
      jpeg->err->format_message(jpeg, of(jpeg).reason_.data());
      of(jpeg).jump();
    };
    errors_.output_message = [](j_common_ptr) {};  // a warning: the library has made good what it found
    progress_.progress_monitor = [](j_common_ptr jpeg) {
      if (of(jpeg).jpeg_.input_scan_number > most_scans) {
        of(jpeg).stop("it has more scans than any image needs");
      }
    };
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
    source_.bytes_in_buffer = bytes.size();
    source_.init_source = source_.term_source = [](j_decompress_ptr) {};
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.skip_input_data = [](j_decompress_ptr jpeg, long count) {
      const std::size_t skipped = std::min(static_cast<std::size_t>(std::max(count, 0L)), jpeg->src->bytes_in_buffer);
      jpeg->src->next_input_byte += skipped;
      jpeg->src->bytes_in_buffer -= skipped;
    };
    source_.fill_input_buffer = [](j_decompress_ptr jpeg) -> boolean {
      JpegDecoder& decoder = *static_cast<JpegDecoder*>(jpeg->client_data);
      decoder.ran_out_ = !decoder.has_all_rows_;
      if (decoder.ran_out_) {
        decoder.jump();
      }
      return FALSE;
    };
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&jpeg_); }

  /// Comes first, and once; then the image's size and channels are known.
  bool read_header() noexcept {
    return finishes([this] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.src = &source_;
      jpeg_.progress = &progress_;
      jpeg_read_header(&jpeg_, TRUE);
      if (jpeg_.num_components != 1 && jpeg_.num_components != 3 && jpeg_.num_components != 4) {
        stop("it is neither grey nor of three or four colours");
      }
    });
  }

  Size size() const noexcept { return {static_cast<int>(jpeg_.image_height), static_cast<int>(jpeg_.image_width)}; }

  /// 1 for a grey image, otherwise 3.
  int channels() const noexcept { return jpeg_.num_components == 1 ? 1 : 3; }

  /// Writes the image, to its end marker, into one of its size and channels.
  bool read_pixels(Image& image) {
    const bool four_inks = jpeg_.num_components == 4;
    std::vector<std::uint8_t> inks(four_inks ? static_cast<std::size_t>(image.width()) * 4 : 0);
    return finishes([&] {
      jpeg_.out_color_space = four_inks ? JCS_CMYK : channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_start_decompress(&jpeg_);
      while (jpeg_.output_scanline < jpeg_.output_height) {
        std::uint8_t* const row = image.row(static_cast<int>(jpeg_.output_scanline));
        JSAMPROW target = four_inks ? inks.data() : row;
        jpeg_read_scanlines(&jpeg_, &target, 1);
        if (four_inks) {
          cmyk_to_rgb(inks.data(), row, image.width());
        }
      }
      has_all_rows_ = true;
      jpeg_finish_decompress(&jpeg_);  // looks for the end marker
    });
  }

  /// Whether it failed because the file ends too early.
  bool ran_out() const noexcept { return ran_out_; }

  /// Why else it failed.
  const char* reason() const noexcept { return reason_.data(); }

 private:
  /// A file of many scans that hold nothing takes time out of all proportion to its length; real ones have about ten.
  static constexpr int most_scans = 500;

  static JpegDecoder& of(j_common_ptr jpeg) noexcept { return *static_cast<JpegDecoder*>(jpeg->client_data); }

  template <class Step>
  bool finishes(Step step) {
    if (setjmp(back_) != 0) {
      return false;
    }
    step();
    return true;
  }

  [[noreturn]] void jump() noexcept { std::longjmp(back_, 1); }

  [[noreturn]] void stop(std::string_view reason) noexcept {
    reason_[reason.copy(reason_.data(), reason_.size() - 1)] = '\0';
    jump();
  }

  jpeg_decompress_struct jpeg_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_source_mgr source_{};
  std::jmp_buf back_{};
  std::array<char, JMSG_LENGTH_MAX> reason_{};
  bool has_all_rows_ = false;
  bool ran_out_ = false;
};

}  // namespace hearth::image
