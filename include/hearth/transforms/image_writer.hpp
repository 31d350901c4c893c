/// The end of a picture's path: crops, resamples, flips, converts and normalises in one pass into the batch's memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <hearth/core/sample.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth::transforms {

/// Writes pictures as floats, by a table of what each of the 256 values of each channel becomes.
class ImageWriter {
 public:
  /// Asks `value_of(std::uint8_t byte, int channel)` for the table's floats, of as many channels as pictures will have
  /// at most: three, or one; a grey picture has the first.
  template <class ValueOf>
  ImageWriter(std::size_t channels, ValueOf&& value_of) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      for (std::size_t byte = 0; byte < tables_[channel].size(); ++byte) {
        tables_[channel][byte] = value_of(static_cast<std::uint8_t>(byte), static_cast<int>(channel));
      }
    }
  }

  /// Carries the plan out into the place for a [channels, height, width] sample, which it returns.
  SamplePlace write(Plan& plan, SampleSink& sink) const {
    const image::Size size = plan.size();
    const SamplePlace place = sink.place({plan.channels(), size.height, size.width});
    const std::ptrdiff_t plane = std::ptrdiff_t{size.height} * size.width;
    if (plan.channels() == 1) {
      plan.rows([&](int y, PixelRow row) { write_grey(row, size.width, place.data + std::ptrdiff_t{y} * size.width); });
    } else if (place.layout == Layout::channels_last) {
      plan.rows([&](int y, PixelRow row) {
        write_rgb(row, size.width, place.data + std::ptrdiff_t{y} * size.width * 3, 1, 3);
      });
    } else {
      plan.rows([&](int y, PixelRow row) {
        write_rgb(row, size.width, place.data + std::ptrdiff_t{y} * size.width, plane, 1);
      });
    }
    return place;
  }

 private:
  void write_grey(PixelRow row, int width, float* out) const noexcept {
    for (int x = 0; x < width; ++x, row.first += row.step) {
      out[x] = tables_[0][*row.first];
    }
  }

  /// `next_channel` and `next_pixel` are the distances in `out`.
  void write_rgb(PixelRow row, int width, float* out, std::ptrdiff_t next_channel,
                 std::ptrdiff_t next_pixel) const noexcept {
    float* const green = out + next_channel;
    float* const blue = green + next_channel;
    for (std::ptrdiff_t x = 0; x < width; ++x, row.first += row.step) {
      out[x * next_pixel] = tables_[0][row.first[0]];
      green[x * next_pixel] = tables_[1][row.first[1]];
      blue[x * next_pixel] = tables_[2][row.first[2]];
    }
  }

  std::array<std::array<float, 256>, 3> tables_{};
};

}  // namespace hearth::transforms
