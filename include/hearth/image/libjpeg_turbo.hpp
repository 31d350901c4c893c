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

#include <hearth/image/decoder.hpp>
#include <hearth/image/store_pixel.hpp>

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

/// JPEG files, decoded with the library's defaults (the accurate integer transform, smooth upsampling), as PIL does.
/// Of a part only the blocks that it needs go through the transform, and nothing is read after its last row but the end
/// marker. libjpeg-turbo reports an error by a jump: no object with a destructor may stand between the jump and
/// `finishes`.
class JpegDecoder final : public Decoder {
 public:
  JpegDecoder() noexcept {
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
  ~JpegDecoder() override { jpeg_destroy_decompress(&jpeg_); }

  Size open(const EncodedImage& file) override {
    file_ = &file;
    read_header();
    const Size size{static_cast<int>(jpeg_.image_height), static_cast<int>(jpeg_.image_width)};
    file.check_size(size, ImageFormat::jpeg);
    return size;
  }

  int reduction(int wanted) const override { return wanted >= 8 ? 8 : wanted >= 4 ? 4 : wanted >= 2 ? 2 : 1; }

  ImageView read(const Rect& needed, int reduction, std::vector<std::uint8_t>& memory) override {
    if (!is_at_header_) {
      read_header();
    }
    is_at_header_ = false;
    const bool four_inks = jpeg_.num_components == 4;
    const bool is_grey = jpeg_.num_components == 1 && file_->channels() == 1;
    const int stored = is_grey ? 1 : 3;
    JDIMENSION left = 0;
    JDIMENSION top = 0;
    check(finishes([&] {
      jpeg_.scale_denom = static_cast<unsigned>(reduction);
      jpeg_.out_color_space = four_inks ? JCS_CMYK : is_grey ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_start_decompress(&jpeg_);
      if (can_skip()) {
        left = crop_columns(needed);
        top = needed.top > 0 ? jpeg_skip_scanlines(&jpeg_, static_cast<JDIMENSION>(needed.top)) : 0;
      }
    }));
    const auto width = static_cast<int>(jpeg_.output_width);
    const auto stride = static_cast<std::ptrdiff_t>(width) * stored;
    const auto end = static_cast<JDIMENSION>(needed.top + needed.height);
    std::uint8_t* const rows = reserve(memory, static_cast<std::size_t>(stride) * (end - top));
    if (four_inks) {
      reserve(inks_, static_cast<std::size_t>(width) * 4);
    }
    check(finishes([&] {
      while (jpeg_.output_scanline < end) {
        std::uint8_t* const row = rows + static_cast<std::ptrdiff_t>(jpeg_.output_scanline - top) * stride;
        if (four_inks) {
          JSAMPROW target = inks_.data();
          jpeg_read_scanlines(&jpeg_, &target, 1);
          cmyk_to_rgb(inks_.data(), row, width);
          continue;
        }
        std::array<JSAMPROW, rows_at_once> targets;
        const JDIMENSION count = std::min<JDIMENSION>(end - jpeg_.output_scanline, rows_at_once);
        for (JDIMENSION i = 0; i < count; ++i) {
          targets[i] = row + static_cast<std::ptrdiff_t>(i) * stride;
        }
        jpeg_read_scanlines(&jpeg_, targets.data(), count);
      }
    }));
    finish(stride);
    const int from_top = needed.top - static_cast<int>(top);
    const int from_left = needed.left - static_cast<int>(left);
    const ImageView view = ImageView{rows, from_top + needed.height, width, stored, stride}.crop(
        {from_top, from_left, needed.height, needed.width});
    return stored == file_->channels() ? view : to_grey(view);
  }

 private:
  /// A file of many scans that hold nothing takes time out of all proportion to its length; real ones have about ten.
  static constexpr int most_scans = 500;

  /// No more rows of pixels than this stand in a row of blocks.
  static constexpr std::size_t rows_at_once = 16;

  static JpegDecoder& of(j_common_ptr jpeg) noexcept { return *static_cast<JpegDecoder*>(jpeg->client_data); }

  /// Makes the library ready for the file and reads to where its pixels begin.
  void read_header() {
    has_all_rows_ = ran_out_ = is_at_header_ = false;
    check(finishes([this] {
      if (is_made_) {
        jpeg_abort_decompress(&jpeg_);
        put_tables_aside();
      } else {
        jpeg_create_decompress(&jpeg_);
        allocate_ = jpeg_.mem->alloc_small;
        jpeg_.mem->alloc_small = allocate_or_reuse;
        jpeg_.src = &source_;
        jpeg_.progress = &progress_;
        is_made_ = true;
      }
      source_.next_input_byte = reinterpret_cast<const JOCTET*>(file_->bytes.data());
      source_.bytes_in_buffer = file_->bytes.size();
      jpeg_read_header(&jpeg_, TRUE);
      if (jpeg_.num_components != 1 && jpeg_.num_components != 3 && jpeg_.num_components != 4) {
        stop("it is neither grey nor of three or four colours");
      }
    }));
    is_at_header_ = true;
  }

  /// Whether the library gives the same pixels when it leaves columns and rows out. It does not where it smooths a
  /// progressive image that lacks some of its scans, for it looks at all blocks around one; libjpeg-turbo 2.1.5 does
  /// not where it makes an image smaller whose colours are subsampled by 4 one way and 2 the other.
  bool can_skip() const noexcept {
    if (jpeg_.coef_bits != nullptr) {
      for (int i = 0; i < jpeg_.num_components; ++i) {
        if (std::any_of(jpeg_.coef_bits[i], jpeg_.coef_bits[i] + DCTSIZE2, [](int bits) { return bits != 0; })) {
          return false;
        }
      }
    }
    return jpeg_.scale_denom == jpeg_.scale_num || (jpeg_.max_h_samp_factor <= 2 && jpeg_.max_v_samp_factor <= 2);
  }

  /// Lets the library do the columns alone that are needed, and some beside them: smooth upsampling looks at a
  /// neighbour, and has none where the columns end. Returns the first.
  JDIMENSION crop_columns(const Rect& needed) {
    constexpr JDIMENSION margin = 4;
    const auto first = static_cast<JDIMENSION>(needed.left);
    const JDIMENSION end = std::min(first + static_cast<JDIMENSION>(needed.width) + margin, jpeg_.output_width);
    JDIMENSION left = first - std::min(first, margin);
    JDIMENSION width = end - left;
    if (width < jpeg_.output_width) {
      jpeg_crop_scanline(&jpeg_, &left, &width);
    }
    return left;
  }

  /// What is wrong with the rest of a file after the last row that is needed: nothing when it has its end marker, which
  /// the rest without it would show to be an error or not.
  void finish(std::ptrdiff_t row_bytes) {
    if (jpeg_.output_scanline < jpeg_.output_height && (jpeg_input_complete(&jpeg_) != 0 || has_end_marker())) {
      return;
    }
    reserve(inks_, static_cast<std::size_t>(row_bytes) * 2);
    check(finishes([this] {
      JSAMPROW target = inks_.data();
      while (jpeg_.output_scanline < jpeg_.output_height) {
        jpeg_read_scanlines(&jpeg_, &target, 1);
      }
      has_all_rows_ = true;
      jpeg_finish_decompress(&jpeg_);  // looks for the end marker
    }));
  }

  bool has_end_marker() const noexcept {
    if (jpeg_.unread_marker == JPEG_EOI) {
      return true;
    }
    for (std::size_t i = source_.bytes_in_buffer; i >= 2; --i) {
      if (source_.next_input_byte[i - 1] == JPEG_EOI && source_.next_input_byte[i - 2] == 0xFF) {
        return true;
      }
    }
    return false;
  }

  /// PIL's convert("L"), in place.
  static ImageView to_grey(const ImageView& rgb) noexcept {
    for (int y = 0; y < rgb.height; ++y) {
      const std::uint8_t* const from = rgb.row(y);
      auto* const to = const_cast<std::uint8_t*>(from);
      for (int x = 0; x < rgb.width; ++x) {
        to[x] = luma(from + std::ptrdiff_t{3} * x);
      }
    }
    return {rgb.data, rgb.height, rgb.width, 1, rgb.stride};
  }

  /// The tables of one file do not serve another, which may lack its own. Their memory does: the library frees it with
  /// all other that it keeps between images, not before.
  void put_tables_aside() noexcept {
    const auto put = [](auto& table, auto& spares, std::size_t& count) {
      if (table != nullptr && count < spares.size()) {
        spares[count++] = table;
      }
      table = nullptr;
    };
    for (JQUANT_TBL*& table : jpeg_.quant_tbl_ptrs) {
      put(table, quantisation_spares_, quantisation_count_);
    }
    for (std::size_t i = 0; i < NUM_HUFF_TBLS; ++i) {
      put(jpeg_.dc_huff_tbl_ptrs[i], huffman_spares_, huffman_count_);
      put(jpeg_.ac_huff_tbl_ptrs[i], huffman_spares_, huffman_count_);
    }
  }

  static void* allocate_or_reuse(j_common_ptr jpeg, int pool, std::size_t bytes) {
    JpegDecoder& decoder = of(jpeg);
    if (pool == JPOOL_PERMANENT && bytes == sizeof(JQUANT_TBL) && decoder.quantisation_count_ > 0) {
      return decoder.quantisation_spares_[--decoder.quantisation_count_];
    }
    if (pool == JPOOL_PERMANENT && bytes == sizeof(JHUFF_TBL) && decoder.huffman_count_ > 0) {
      return decoder.huffman_spares_[--decoder.huffman_count_];
    }
    return decoder.allocate_(jpeg, pool, bytes);
  }

  /// Throws Error when a step has not finished; the next file then finds the library as new.
  void check(bool finished) {
    if (finished) {
      return;
    }
    jpeg_destroy_decompress(&jpeg_);
    is_made_ = is_at_header_ = false;
    quantisation_count_ = huffman_count_ = 0;
    if (ran_out_) {
      file_->fail_truncated();
    }
    file_->fail_damaged(reason_.data());
  }

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
  void* (*allocate_)(j_common_ptr, int, std::size_t) = nullptr;  // the library's own
  std::array<JQUANT_TBL*, NUM_QUANT_TBLS> quantisation_spares_{};
  std::array<JHUFF_TBL*, std::size_t{2} * NUM_HUFF_TBLS> huffman_spares_{};
  std::size_t quantisation_count_ = 0;
  std::size_t huffman_count_ = 0;
  const EncodedImage* file_ = nullptr;
  std::vector<std::uint8_t> inks_;  // a row of them
  bool is_made_ = false;
  bool is_at_header_ = false;  // and not further
  bool has_all_rows_ = false;
  bool ran_out_ = false;
};

}  // namespace hearth::image
