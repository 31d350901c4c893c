/// The last step of an image's path: a row of bytes becomes numbers of a batch.
#pragma once

#include <cstddef>
#include <cstdint>

#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/byte_map.hpp>

namespace hearth::image {

/// Where a row goes: `data` is the first channel of its first pixel; the distances of channels and of pixels are in
/// numbers of the type. Rows of planes have next_pixel == 1, those of whole pixels next_channel == 1.
struct RowPlace {
  void* data = nullptr;
  Dtype dtype = Dtype::float32;
  std::ptrdiff_t next_channel = 0;
  std::ptrdiff_t next_pixel = 1;
  /// Writes past the caches where that pays and the place is as the instructions need it (AVX-512, planes that begin at
  /// a multiple of 64 bytes): for what is not read again soon. `finish_streaming` must follow before another thread
  /// reads. A 3 x 224 x 224 sample of floats takes 21 µs from a 64 x 64 image then, 28 through the caches.
  bool stream = false;
};

/// Writes `width` pixels of map.channels() bytes, of which pixel x begins at `first + x * step`; `step` is the number
/// of channels, or minus that number where the row is flipped. Numbers are those of the map's tables in every bit;
/// uint8 takes the bytes themselves. Nothing outside of the pixels is read, nothing outside of their places written.
void write_row(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width, const RowPlace& place);

/// Copies `width` pixels of `channels` bytes, of which pixel x begins at `first + x * step`, side by side to `out`,
/// which is no part of them. `step` is as above.
void copy_row(const std::uint8_t* first, std::ptrdiff_t step, int width, int channels, std::uint8_t* out);

/// Makes what was written past the caches visible to other threads as what follows is: once at an image's end.
void finish_streaming() noexcept;

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/write_row.ipp>
#endif
