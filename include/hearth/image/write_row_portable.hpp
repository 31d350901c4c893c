/// write_row in plain C++: tables.
#pragma once

#include <cstddef>
#include <cstdint>

#include <hearth/image/byte_map.hpp>
#include <hearth/image/write_row.hpp>

namespace hearth::image {

namespace detail {

/// Writes one channel of a row, each number by `value_of(byte)`.
template <class Number, class ValueOf>
void write_channel(const std::uint8_t* bytes, std::ptrdiff_t step, std::ptrdiff_t width, Number* out,
                   std::ptrdiff_t next_pixel, const ValueOf& value_of) noexcept {
  if (next_pixel == 1) {
    for (std::ptrdiff_t x = 0; x < width; ++x, bytes += step) {
      out[x] = value_of(*bytes);
    }
  } else {
    for (std::ptrdiff_t x = 0; x < width; ++x, bytes += step, out += next_pixel) {
      *out = value_of(*bytes);
    }
  }
}

}  // namespace detail

/// Writes pixels `begin` to `width` of a row, any number of channels, to any place.
inline void write_row_portable(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                               const RowPlace& place, int begin = 0) noexcept {
  first += begin * step;
  const std::ptrdiff_t count = width - begin;
  const auto write = [&]<class Number>(Number* out, const auto& table_of) {
    out += begin * place.next_pixel;
    for (int c = 0; c < map.channels(); ++c) {
      const auto& table = table_of(map[c]);
      detail::write_channel(first + c, step, count, out + c * place.next_channel, place.next_pixel,
                            [&table](std::uint8_t byte) { return table[byte]; });
    }
  };
  switch (place.dtype) {
    case Dtype::float32:
      return write(
          static_cast<float*>(place.data), [](const auto& channel) -> auto& { return channel.floats; });
    case Dtype::bfloat16:
      return write(
          static_cast<std::uint16_t*>(place.data), [](const auto& channel) -> auto& { return channel.bfloat16s; });
    case Dtype::float16:
      return write(
          static_cast<std::uint16_t*>(place.data), [](const auto& channel) -> auto& { return channel.float16s; });
    case Dtype::uint8: {
      std::uint8_t* const out = static_cast<std::uint8_t*>(place.data) + begin * place.next_pixel;
      for (int c = 0; c < map.channels(); ++c) {
        detail::write_channel(first + c, step, count, out + c * place.next_channel, place.next_pixel,
                              [](std::uint8_t byte) { return byte; });
      }
      return;
    }
  }
}

}  // namespace hearth::image
