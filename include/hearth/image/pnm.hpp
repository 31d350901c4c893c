/// Reads PGM and PPM files (netpbm's P2, P3, P5 and P6), plain or raw, of 8 or 16 bits a sample.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hearth/image/decoder.hpp>
#include <hearth/image/to_channels.hpp>

namespace hearth::image {

/// To PIL's pixels: samples are rounded to eight bits, except that PIL takes grey of more than eight for numbers up to
/// 65535 and clips them to 255. Raw files of eight bits are not even copied.
class PnmDecoder final : public Decoder {
 public:
  Size open(const EncodedImage& file) override {
    file_ = &file;
    at_ = 2;
    const char kind = letter(1);
    is_plain_ = kind == '2' || kind == '3';
    channels_ = kind == '2' || kind == '5' ? 1 : 3;
    constexpr std::uint32_t most = 1U << 30;
    const std::uint32_t width = header_number();
    const std::uint32_t height = header_number();
    file.require(width <= most && height <= most, "its header gives no size");
    size_ = {static_cast<int>(height), static_cast<int>(width)};
    most_ = header_number();
    file.require(most_ >= 1 && most_ < 65536, "its header gives no largest value from 1 to 65535");
    file.check_size(size_, ImageFormat::pnm);
    first_sample_ = at_;
    return size_;
  }

  ImageView read(const Rect& needed, int /*reduction*/, std::vector<std::uint8_t>& memory) override {
    const std::ptrdiff_t stride = std::ptrdiff_t{size_.width} * channels_;
    const std::size_t samples = static_cast<std::size_t>(stride) * static_cast<std::size_t>(size_.height);
    const std::size_t bytes = is_plain_ ? 0 : samples * (most_ < 256 ? 1 : 2);
    if (bytes > file_->bytes.size() - first_sample_) {
      file_->fail_truncated();
    }
    const auto* stored = reinterpret_cast<const std::uint8_t*>(file_->bytes.data()) + first_sample_;
    if (is_plain_ || most_ != 255) {
      std::uint8_t* const out = reserve(samples_, samples);
      is_plain_ ? read_plain({out, samples}) : convert(stored, {out, samples});
      stored = out;
    }
    const ImageView part = ImageView{stored, size_.height, size_.width, channels_, stride}.crop(needed);
    return channels_ == file_->channels() ? part : to_channels(part, file_->channels(), memory);
  }

 private:
  char letter(std::size_t at) const noexcept { return std::to_integer<char>(file_->bytes[at]); }

  static bool is_space(char letter) noexcept { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

  /// The next letter that is in no comment, which is passed; fails at the end of the file.
  char next_letter() {
    while (at_ < file_->bytes.size() && letter(at_) == '#') {
      while (at_ < file_->bytes.size() && letter(at_) != '\n' && letter(at_) != '\r') {
        ++at_;
      }
      at_ += at_ < file_->bytes.size() ? 1 : 0;
    }
    if (at_ == file_->bytes.size()) {
      file_->fail_truncated();
    }
    return letter(at_++);
  }

  /// The next number, with the white space before it and one letter of it after it.
  std::uint32_t header_number() {
    char next = next_letter();
    while (is_space(next)) {
      next = next_letter();
    }
    return number(next, [&] { return next_letter(); });
  }

  /// The number that begins with `first`; `next` gives the letters after it.
  template <class Next>
  std::uint32_t number(char first, const Next& next) const {
    std::uint32_t value = 0;
    int digits = 0;
    for (char digit = first; !is_space(digit); digit = next()) {
      file_->require(digit >= '0' && digit <= '9' && ++digits <= 10 && value <= 100'000'000,
                     "it has no number where one must be");
      value = 10 * value + static_cast<std::uint32_t>(digit - '0');
    }
    return value;
  }

  std::uint8_t eight_bits(std::uint32_t sample) const noexcept {
    const double share = static_cast<double>(sample) / static_cast<double>(most_);
    const double scale = channels_ == 1 && most_ > 255 ? 65535 : 255;
    return static_cast<std::uint8_t>(std::min(std::nearbyint(share * scale), 255.0));
  }

  void read_plain(std::span<std::uint8_t> out) {
    at_ = first_sample_;
    for (std::uint8_t& sample : out) {
      char next = next_letter();
      while (is_space(next)) {
        next = next_letter();
      }
      const auto after = [&] { return at_ == file_->bytes.size() ? ' ' : next_letter(); };  // the last may end the file
      const std::uint32_t value = number(next, after);
      file_->require(value <= most_, "it has a number above its largest value");
      sample = eight_bits(value);
    }
  }

  void convert(const std::uint8_t* stored, std::span<std::uint8_t> out) const noexcept {
    for (std::uint8_t& sample : out) {
      sample = eight_bits(most_ < 256 ? stored[0] : stored[0] * 256U + stored[1]);
      stored += most_ < 256 ? 1 : 2;
    }
  }

  const EncodedImage* file_ = nullptr;
  std::size_t at_ = 0;
  std::size_t first_sample_ = 0;
  Size size_;
  std::uint32_t most_ = 255;  // the value that is white
  int channels_ = 3;
  bool is_plain_ = false;
  std::vector<std::uint8_t> samples_;
};

}  // namespace hearth::image
