/// write_row in AVX2, with FMA and F16C: rows of one and three channels by arithmetic. It writes through the caches:
/// past them, half a line at a time, took a tenth longer.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_X86

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <hearth/image/byte_map.hpp>
#include <hearth/image/write_row.hpp>

namespace hearth::image {

namespace detail {

/// Which bytes of 16 RGB pixels, three vectors, make the three vectors that are written: for vector `to` the bytes of
/// vector `from`, 0x80 where another one has it.
struct RgbShuffle {
  alignas(16) std::array<std::array<std::array<std::uint8_t, 16>, 3>, 3> bytes;  // [to][from][byte]
};

/// `planes`: sorted by channel. `flipped`: from the last pixel on.
constexpr RgbShuffle rgb_shuffle(bool planes, bool flipped) {
  RgbShuffle shuffle{};
  for (std::size_t to = 0; to < 3; ++to) {
    for (std::size_t byte = 0; byte < 16; ++byte) {
      const std::size_t pixel = planes ? byte : (16 * to + byte) / 3;
      const std::size_t channel = planes ? to : (16 * to + byte) % 3;
      const std::size_t at = 3 * (flipped ? 15 - pixel : pixel) + channel;
      for (std::size_t from = 0; from < 3; ++from) {
        shuffle.bytes[to][from][byte] = at / 16 == from ? static_cast<std::uint8_t>(at % 16) : std::uint8_t{0x80};
      }
    }
  }
  return shuffle;
}

inline constexpr std::array<RgbShuffle, 4> rgb_shuffles{rgb_shuffle(false, false), rgb_shuffle(false, true),
                                                        rgb_shuffle(true, false), rgb_shuffle(true, true)};

struct Avx2Lanes {
  const float* mean;
  const float* inverse_std;
  const float* inverse_std_rest;
};

/// The tables' values of the lower eight bytes.
HEARTH_AVX2 inline __m256 linear_avx2(__m128i bytes, const Avx2Lanes& lanes) noexcept {
  const __m256 value = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  const __m256 share = _mm256_fmadd_ps(value, _mm256_set1_ps(ByteMap::inverse_255),
                                       _mm256_mul_ps(value, _mm256_set1_ps(ByteMap::inverse_255_rest)));
  const __m256 difference = _mm256_sub_ps(share, _mm256_loadu_ps(lanes.mean));
  return _mm256_fmadd_ps(difference, _mm256_loadu_ps(lanes.inverse_std),
                         _mm256_mul_ps(difference, _mm256_loadu_ps(lanes.inverse_std_rest)));
}

/// Eight floats as bfloat16, each in 32 bits.
HEARTH_AVX2 inline __m256i bfloat16_avx2(__m256 values) noexcept {
  const __m256i bits = _mm256_castps_si256(values);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  return _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF))), 16);
}

HEARTH_AVX2 inline void store_avx2(void* out, __m256i values) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(out), values);
}

/// Writes 16 numbers.
template <Dtype Type>
HEARTH_AVX2 void write_16_avx2(__m128i bytes, const Avx2Lanes& lanes, void* out) noexcept {
  if constexpr (Type == Dtype::uint8) {
    _mm_storeu_si128(static_cast<__m128i*>(out), bytes);
  } else {
    const __m256 low = linear_avx2(bytes, lanes);
    const __m256 high = linear_avx2(_mm_unpackhi_epi64(bytes, bytes),
                                    {lanes.mean + 8, lanes.inverse_std + 8, lanes.inverse_std_rest + 8});
    if constexpr (Type == Dtype::float32) {
      store_avx2(out, _mm256_castps_si256(low));
      store_avx2(static_cast<float*>(out) + 8, _mm256_castps_si256(high));
    } else if constexpr (Type == Dtype::bfloat16) {
      const __m256i packed = _mm256_packus_epi32(bfloat16_avx2(low), bfloat16_avx2(high));
      store_avx2(out, _mm256_permute4x64_epi64(packed, 0xD8));
    } else {
      const __m128i lower = _mm256_cvtps_ph(low, _MM_FROUND_TO_NEAREST_INT);
      const __m128i upper = _mm256_cvtps_ph(high, _MM_FROUND_TO_NEAREST_INT);
      store_avx2(out, _mm256_inserti128_si256(_mm256_castsi128_si256(lower), upper, 1));
    }
  }
}

HEARTH_AVX2 inline __m128i load_16_avx2(const void* bytes) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

/// Writes RGB rows of at least 16 pixels. Where the last block is no whole one, it begins earlier, and some pixels are
/// written twice.
template <Dtype Type, class Number>
HEARTH_AVX2 void write_rgb_avx2(const ByteMap& map, const std::uint8_t* first, bool flipped, std::ptrdiff_t width,
                                Number* data, const RowPlace& place, bool planes) noexcept {
  const RgbShuffle& shuffle = rgb_shuffles[(planes ? 2U : 0U) + (flipped ? 1U : 0U)];
  const ByteMap::LinearLanes& lanes = planes ? map.lanes_of_planes() : map.lanes_of_pixels();
  const std::ptrdiff_t next_vector = planes ? place.next_channel : 16;
  for (std::ptrdiff_t x = 0; x < width; x += 16) {
    x = std::min(x, width - 16);
    const std::uint8_t* const from = flipped ? first - (x + 15) * 3 : first + x * 3;
    const __m128i a = load_16_avx2(from);
    const __m128i b = load_16_avx2(from + 16);
    const __m128i c = load_16_avx2(from + 32);
    Number* out = data + (planes ? x : 3 * x);
    for (std::size_t v = 0; v < 3; ++v, out += next_vector) {
      const auto& bytes = shuffle.bytes[v];
      const __m128i sorted = _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(a, load_16_avx2(bytes[0].data())),
                                                       _mm_shuffle_epi8(b, load_16_avx2(bytes[1].data()))),
                                          _mm_shuffle_epi8(c, load_16_avx2(bytes[2].data())));
      write_16_avx2<Type>(sorted, {&lanes.mean[16 * v], &lanes.inverse_std[16 * v], &lanes.inverse_std_rest[16 * v]},
                          out);
    }
  }
}

/// Copies RGB rows of at least 16 pixels from the last pixel on, as above.
HEARTH_AVX2 inline void reverse_rgb_avx2(const std::uint8_t* first, std::ptrdiff_t width, std::uint8_t* out) noexcept {
  const RgbShuffle& shuffle = rgb_shuffles[1];
  for (std::ptrdiff_t x = 0; x < width; x += 16) {
    x = std::min(x, width - 16);
    const std::uint8_t* const from = first - (x + 15) * 3;
    const __m128i a = load_16_avx2(from);
    const __m128i b = load_16_avx2(from + 16);
    const __m128i c = load_16_avx2(from + 32);
    for (std::size_t v = 0; v < 3; ++v) {
      const auto& bytes = shuffle.bytes[v];
      const __m128i sorted = _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(a, load_16_avx2(bytes[0].data())),
                                                       _mm_shuffle_epi8(b, load_16_avx2(bytes[1].data()))),
                                          _mm_shuffle_epi8(c, load_16_avx2(bytes[2].data())));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 3 * x + 16 * static_cast<std::ptrdiff_t>(v)), sorted);
    }
  }
}

/// Writes rows of one channel, as above.
template <Dtype Type, class Number>
HEARTH_AVX2 void write_grey_avx2(const ByteMap& map, const std::uint8_t* first, bool flipped, std::ptrdiff_t width,
                                 Number* data) noexcept {
  const ByteMap::Linear& linear = map[0].linear;
  std::array<float, 48> lanes;
  for (std::size_t i = 0; i < 16; ++i) {
    lanes[i] = linear.mean;
    lanes[16 + i] = linear.inverse_std;
    lanes[32 + i] = linear.inverse_std_rest;
  }
  const __m128i backwards = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (std::ptrdiff_t x = 0; x < width; x += 16) {
    x = std::min(x, width - 16);
    __m128i bytes = load_16_avx2(flipped ? first - (x + 15) : first + x);
    if (flipped) {
      bytes = _mm_shuffle_epi8(bytes, backwards);
    }
    write_16_avx2<Type>(bytes, {lanes.data(), &lanes[16], &lanes[32]}, data + x);
  }
}

template <Dtype Type, class Number>
HEARTH_AVX2 bool write_typed_avx2(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                                  const RowPlace& place) noexcept {
  auto* const data = static_cast<Number*>(place.data);
  if (map.channels() == 1) {
    write_grey_avx2<Type>(map, first, step < 0, width, data);
  } else {
    write_rgb_avx2<Type>(map, first, step < 0, width, data, place, place.next_pixel == 1);
  }
  return true;
}

}  // namespace detail

/// False, and nothing is written, where the row is none of what this is for.
inline bool write_row_avx2(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                           const RowPlace& place) noexcept {
  const bool grey = map.channels() == 1 && place.next_pixel == 1;
  const bool rgb = map.channels() == 3 && (place.next_pixel == 1 || (place.next_pixel == 3 && place.next_channel == 1));
  if (width < 16 || !(grey || rgb) || !(map.is_linear() || place.dtype == Dtype::uint8)) {
    return false;
  }
  switch (place.dtype) {
    case Dtype::float32:
      return detail::write_typed_avx2<Dtype::float32, float>(map, first, step, width, place);
    case Dtype::bfloat16:
      return detail::write_typed_avx2<Dtype::bfloat16, std::uint16_t>(map, first, step, width, place);
    case Dtype::float16:
      return detail::write_typed_avx2<Dtype::float16, std::uint16_t>(map, first, step, width, place);
    case Dtype::uint8:
      return detail::write_typed_avx2<Dtype::uint8, std::uint8_t>(map, first, step, width, place);
  }
  return false;
}

}  // namespace hearth::image

#endif  // HEARTH_SIMD_X86
