#pragma once

#include <hearth/transforms/image_writer.hpp>

#include <hearth/core/error.hpp>

namespace hearth::transforms {

namespace detail {

using ByteTable = std::array<float, 256>;

inline void add_tables(std::vector<ByteTable>& tables, std::size_t channels, ValueOfByte value_of) {
  for (std::size_t channel = tables.size(); channel < channels; ++channel) {
    ByteTable& table = tables.emplace_back();
    for (std::size_t byte = 0; byte < table.size(); ++byte) {
      table[byte] = value_of(static_cast<std::uint8_t>(byte), static_cast<int>(channel));
    }
  }
}

/// Writes a row of one channel; `next_pixel` is the distance in `out`.
inline void write_channel(PixelRow row, const ByteTable& table, int width, float* out,
                          std::ptrdiff_t next_pixel) noexcept {
  for (std::ptrdiff_t x = 0; x < width; ++x, row.first += row.step) {
    out[x * next_pixel] = table[*row.first];
  }
}

/// Writes a row of three channels; `next_channel` and `next_pixel` are the distances in `out`.
inline void write_rgb(PixelRow row, const ByteTable* tables, int width, float* out, std::ptrdiff_t next_channel,
                      std::ptrdiff_t next_pixel) noexcept {
  float* const green = out + next_channel;
  float* const blue = green + next_channel;
  for (std::ptrdiff_t x = 0; x < width; ++x, row.first += row.step) {
    out[x * next_pixel] = tables[0][row.first[0]];
    green[x * next_pixel] = tables[1][row.first[1]];
    blue[x * next_pixel] = tables[2][row.first[2]];
  }
}

}  // namespace detail

HEARTH_INLINE ImageWriter::ImageWriter(std::size_t channels, ValueOfByte value_of) {
  detail::add_tables(tables_, channels, value_of);
}

HEARTH_INLINE SamplePlace ImageWriter::write(Plan& plan, SampleSink& sink, ValueOfByte value_of) const {
  const image::Size size = plan.size();
  const int channels = plan.channels();
  const SamplePlace place = sink.place({channels, size.height, size.width});
  const bool last = place.layout == Layout::channels_last;
  const std::ptrdiff_t plane = std::ptrdiff_t{size.height} * size.width;
  std::vector<Table> more;  // only where there are more channels than tables
  const Table* tables = tables_.data();
  if (static_cast<std::size_t>(channels) > tables_.size()) {
    detail::add_tables(more, static_cast<std::size_t>(channels), value_of);
    tables = more.data();
  }
  if (channels == 3 && last) {  // a loop of its own for each layout: the distances in it are constants
    plan.rows([&](int y, PixelRow row) {
      detail::write_rgb(row, tables, size.width, place.data + std::ptrdiff_t{y} * size.width * 3, 1, 3);
    });
  } else if (channels == 3) {
    plan.rows([&](int y, PixelRow row) {
      detail::write_rgb(row, tables, size.width, place.data + std::ptrdiff_t{y} * size.width, plane, 1);
    });
  } else {
    const std::ptrdiff_t next_channel = last ? 1 : plane;
    const std::ptrdiff_t next_pixel = last ? channels : 1;
    plan.rows([&](int y, PixelRow row) {
      float* out = place.data + std::ptrdiff_t{y} * size.width * next_pixel;
      for (int channel = 0; channel < channels; ++channel, ++row.first, out += next_channel) {
        detail::write_channel(row, tables[channel], size.width, out, next_pixel);
      }
    });
  }
  return place;
}

HEARTH_INLINE std::size_t accepted_channels(core::FunctionRef<void(int channels)> check) {
  for (const int channels : {3, 1}) {
    try {
      check(channels);
      return static_cast<std::size_t>(channels);
    } catch (const Error&) {
    }
  }
  return 0;
}

HEARTH_INLINE void check_is_image(const Shape& shape) {
  core::require(shape.rank() == 3, "Compose: a sample of shape {} is no image: it has no channels to work on",
                shape.to_string());
}

}  // namespace hearth::transforms
