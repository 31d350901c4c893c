/// write_row in AVX-512 with VBMI: planes of one and three channels by tables of bytes, whatever the tables hold, and
/// RGB floats by arithmetic, which is faster, where that gives the tables.
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

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // in the compiler's own header, GCC's bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace hearth::image {

namespace detail {

/// Which of the 192 bytes of 64 RGB pixels, three vectors, or of 64 bytes, make one channel's 64.
struct ChannelPick {
  alignas(64) std::array<std::uint8_t, 64> first_two{};  // in the first two vectors
  alignas(64) std::array<std::uint8_t, 64> third{};
  std::uint64_t in_third = 0;
};

/// Where a number has `bytes` bytes, they are looked up in as many vectors, and unpacked in pairs, which works in
/// stretches of 16 bytes and would change the order of the pixels: they are picked so that it mends it.
constexpr ChannelPick channel_pick(std::size_t channels, std::size_t channel, bool flipped, std::size_t bytes) {
  ChannelPick pick;
  const std::size_t run = 16 / bytes;  // neighbours that stay so
  for (std::size_t i = 0; i < 64; ++i) {
    const std::size_t lane = i / 16;
    const std::size_t vector = i % 16 / run;
    const std::size_t place = 64 / bytes * vector + run * lane + i % run;
    const std::size_t at = channels * (flipped ? 63 - place : place) + channel;
    if (at < 128) {
      pick.first_two[i] = static_cast<std::uint8_t>(at);
    } else {
      pick.third[i] = static_cast<std::uint8_t>(at - 128);
      pick.in_third |= std::uint64_t{1} << i;
    }
  }
  return pick;
}

struct ChannelPicks {
  std::array<std::array<ChannelPick, 2>, 3> rgb;  // [channel][flipped]
  std::array<ChannelPick, 2> grey;
};

constexpr ChannelPicks channel_picks(std::size_t bytes) {
  ChannelPicks picks;
  for (const bool flipped : {false, true}) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      picks.rgb[channel][flipped ? 1 : 0] = channel_pick(3, channel, flipped, bytes);
    }
    picks.grey[flipped ? 1 : 0] = channel_pick(1, 0, flipped, bytes);
  }
  return picks;
}

template <std::size_t Bytes>
inline constexpr ChannelPicks all_picks = channel_picks(Bytes);

/// The lowest `count` bits, of 64.
constexpr std::uint64_t low_bits(std::ptrdiff_t count) noexcept {
  return count <= 0 ? 0 : count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// 256 bytes in four vectors.
struct ByteTable512 {
  __m512i parts[4];
};

HEARTH_AVX512 inline ByteTable512 load_table_512(const std::array<std::uint8_t, 256>& bytes) noexcept {
  const auto part = [&bytes](std::size_t i) HEARTH_AVX512 { return _mm512_load_si512(bytes.data() + 64 * i); };
  return {{part(0), part(1), part(2), part(3)}};
}

HEARTH_AVX512 inline __m512i look_up_512(const ByteTable512& table, __m512i bytes) noexcept {
  const __m512i low = _mm512_permutex2var_epi8(table.parts[0], bytes, table.parts[1]);
  const __m512i high = _mm512_permutex2var_epi8(table.parts[2], bytes, table.parts[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

/// Stores the first `count` of 64 / Size numbers.
template <std::size_t Size>
HEARTH_AVX512 void store_512(void* out, __m512i values, std::ptrdiff_t count, bool stream) noexcept {
  constexpr auto whole = static_cast<std::ptrdiff_t>(64 / Size);
  if (count >= whole) {
    if (stream) {
      _mm512_stream_si512(static_cast<__m512i*>(out), values);
    } else {
      _mm512_storeu_si512(out, values);
    }
  } else if (count > 0) {
    _mm512_mask_storeu_epi8(out, low_bits(count * static_cast<std::ptrdiff_t>(Size)), values);
  }
}

/// Writes one channel of a row. `tables`: for each byte of a number; none for the bytes themselves.
template <int Channels, std::size_t Bytes>
HEARTH_AVX512 void write_channel_512(const std::array<std::uint8_t, 256>* tables, const ChannelPick& pick,
                                     const std::uint8_t* first, bool flipped, std::ptrdiff_t width, std::uint8_t* out,
                                     bool stream) noexcept {
  ByteTable512 table[4];
  for (std::size_t i = 0; i < Bytes && tables != nullptr; ++i) {
    table[i] = load_table_512(tables[i]);
  }
  const __m512i first_two = _mm512_load_si512(pick.first_two.data());
  const __m512i third = _mm512_load_si512(pick.third.data());
  stream = stream && reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
  for (std::ptrdiff_t x = 0; x < width; x += 64, out += 64 * Bytes) {
    // The pixels of a block lie from `from` on; of the last block, only some.
    const std::ptrdiff_t count = std::min<std::ptrdiff_t>(width - x, 64);
    const std::ptrdiff_t skipped = flipped ? (64 - count) * Channels : 0;
    const auto from = reinterpret_cast<std::uintptr_t>(first) +
                      static_cast<std::uintptr_t>(flipped ? -(x + 63) * Channels : x * Channels);
    const auto load = [=](std::ptrdiff_t vector) HEARTH_AVX512 {
      const std::ptrdiff_t begin = 64 * vector;
      const std::uint64_t mask = low_bits(skipped + count * Channels - begin) & ~low_bits(skipped - begin);
      const auto* const bytes = reinterpret_cast<const void*>(from + static_cast<std::uintptr_t>(begin));
      return _mm512_maskz_loadu_epi8(mask, bytes);
    };
    __m512i bytes;
    if constexpr (Channels == 1) {
      bytes = _mm512_permutexvar_epi8(first_two, load(0));
    } else {
      bytes = _mm512_permutex2var_epi8(load(0), first_two, load(1));
      bytes = _mm512_mask_permutexvar_epi8(bytes, pick.in_third, third, load(2));
    }
    if constexpr (Bytes == 1) {
      store_512<1>(out, bytes, count, stream);
    } else if constexpr (Bytes == 2) {
      const __m512i low = look_up_512(table[0], bytes);
      const __m512i high = look_up_512(table[1], bytes);
      store_512<2>(out, _mm512_unpacklo_epi8(low, high), count, stream);
      store_512<2>(out + 64, _mm512_unpackhi_epi8(low, high), count - 32, stream);
    } else {
      const __m512i b0 = look_up_512(table[0], bytes);
      const __m512i b1 = look_up_512(table[1], bytes);
      const __m512i b2 = look_up_512(table[2], bytes);
      const __m512i b3 = look_up_512(table[3], bytes);
      const __m512i lower = _mm512_unpacklo_epi8(b0, b1);
      const __m512i upper = _mm512_unpackhi_epi8(b0, b1);
      const __m512i lower_high = _mm512_unpacklo_epi8(b2, b3);
      const __m512i upper_high = _mm512_unpackhi_epi8(b2, b3);
      store_512<4>(out, _mm512_unpacklo_epi16(lower, lower_high), count, stream);
      store_512<4>(out + 64, _mm512_unpackhi_epi16(lower, lower_high), count - 16, stream);
      store_512<4>(out + 128, _mm512_unpacklo_epi16(upper, upper_high), count - 32, stream);
      store_512<4>(out + 192, _mm512_unpackhi_epi16(upper, upper_high), count - 48, stream);
    }
  }
}

/// Where the bytes of a channel of 16 RGB pixels lie in 48, each at the begin of 32 bits.
constexpr std::array<std::uint32_t, 16> rgb_places(std::uint32_t channel, bool flipped) {
  std::array<std::uint32_t, 16> places{};
  for (std::uint32_t i = 0; i < 16; ++i) {
    places[i] = 3 * (flipped ? 15 - i : i) + channel;
  }
  return places;
}

struct RgbPlaces {
  alignas(64) std::array<std::array<std::uint32_t, 16>, 3> channels;
};
inline constexpr std::array<RgbPlaces, 2> rgb_places_512{
    RgbPlaces{{rgb_places(0, false), rgb_places(1, false), rgb_places(2, false)}},
    RgbPlaces{{rgb_places(0, true), rgb_places(1, true), rgb_places(2, true)}}};

struct Linear512 {
  __m512i places;
  __m512 mean;
  __m512 inverse_std;
  __m512 inverse_std_rest;
};

HEARTH_AVX512 inline __m512 linear_512(__m512i bytes, const Linear512& channel) noexcept {
  const __m512 value = _mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi8(0x1111111111111111, channel.places, bytes));
  const __m512 share = _mm512_fmadd_ps(value, _mm512_set1_ps(ByteMap::inverse_255),
                                       _mm512_mul_ps(value, _mm512_set1_ps(ByteMap::inverse_255_rest)));
  const __m512 difference = _mm512_sub_ps(share, channel.mean);
  return _mm512_fmadd_ps(difference, channel.inverse_std, _mm512_mul_ps(difference, channel.inverse_std_rest));
}

template <bool Stream>
HEARTH_AVX512 void write_rgb_floats_512(const ByteMap& map, const std::uint8_t* first, bool flipped,
                                        std::ptrdiff_t width, float* out, std::ptrdiff_t next_channel) noexcept {
  const RgbPlaces& places = rgb_places_512[flipped ? 1 : 0];
  Linear512 channels[3];
  for (std::size_t c = 0; c < 3; ++c) {
    const ByteMap::Linear& linear = map[static_cast<int>(c)].linear;
    channels[c] = {_mm512_load_si512(places.channels[c].data()), _mm512_set1_ps(linear.mean),
                   _mm512_set1_ps(linear.inverse_std), _mm512_set1_ps(linear.inverse_std_rest)};
  }
  constexpr std::uint64_t all = low_bits(48);
  std::ptrdiff_t x = 0;
  for (; x + 16 <= width; x += 16, out += 16) {
    const __m512i bytes = _mm512_maskz_loadu_epi8(all, flipped ? first - (x + 15) * 3 : first + x * 3);
    for (std::size_t c = 0; c < 3; ++c) {
      float* const place = out + static_cast<std::ptrdiff_t>(c) * next_channel;
      const __m512 values = linear_512(bytes, channels[c]);
      if constexpr (Stream) {
        _mm512_stream_ps(place, values);
      } else {
        _mm512_storeu_ps(place, values);
      }
    }
  }
  if (x < width) {
    const std::ptrdiff_t count = width - x;
    const std::uint64_t mask = flipped ? all & ~low_bits((16 - count) * 3) : low_bits(count * 3);
    const auto from = reinterpret_cast<std::uintptr_t>(first) +
                      static_cast<std::uintptr_t>(flipped ? -(x + 15) * 3 : x * 3);  // may lie before the row
    const __m512i bytes = _mm512_maskz_loadu_epi8(mask, reinterpret_cast<const void*>(from));
    const auto lanes = static_cast<__mmask16>(low_bits(count));
    for (std::size_t c = 0; c < 3; ++c) {
      _mm512_mask_storeu_ps(out + static_cast<std::ptrdiff_t>(c) * next_channel, lanes, linear_512(bytes, channels[c]));
    }
  }
}

template <std::size_t Bytes, class TablesOf>
void write_planes_512(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                      const RowPlace& place, const TablesOf& tables_of) noexcept {
  auto* out = static_cast<std::uint8_t*>(place.data);
  const bool flipped = step < 0;
  const ChannelPicks& picks = all_picks<Bytes>;
  if (map.channels() == 1) {
    write_channel_512<1, Bytes>(tables_of(map[0]), picks.grey[flipped ? 1 : 0], first, flipped, width, out,
                                place.stream);
    return;
  }
  for (std::size_t c = 0; c < 3; ++c, out += place.next_channel * static_cast<std::ptrdiff_t>(Bytes)) {
    write_channel_512<3, Bytes>(tables_of(map[static_cast<int>(c)]), picks.rgb[c][flipped ? 1 : 0], first, flipped,
                                width, out, place.stream);
  }
}

}  // namespace detail

/// False, and nothing is written, where the row is none of what this is for.
inline bool write_row_avx512(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                             const RowPlace& place) noexcept {
  if (place.next_pixel != 1 || (map.channels() != 1 && map.channels() != 3)) {
    return false;
  }
  switch (place.dtype) {
    case Dtype::float32:
      if (map.channels() == 3 && map.is_linear()) {
        auto* const out = static_cast<float*>(place.data);
        const bool aligned = reinterpret_cast<std::uintptr_t>(out) % 64 == 0 && place.next_channel % 16 == 0;
        if (place.stream && aligned) {
          detail::write_rgb_floats_512<true>(map, first, step < 0, width, out, place.next_channel);
        } else {
          detail::write_rgb_floats_512<false>(map, first, step < 0, width, out, place.next_channel);
        }
        return true;
      }
      detail::write_planes_512<4>(map, first, step, width, place,
                                  [](const ByteMap::Channel& channel) { return channel.float_bytes.data(); });
      return true;
    case Dtype::bfloat16:
      detail::write_planes_512<2>(map, first, step, width, place,
                                  [](const ByteMap::Channel& channel) { return channel.bfloat16_bytes.data(); });
      return true;
    case Dtype::float16:
      detail::write_planes_512<2>(map, first, step, width, place,
                                  [](const ByteMap::Channel& channel) { return channel.float16_bytes.data(); });
      return true;
    case Dtype::uint8:
      detail::write_planes_512<1>(
          map, first, step, width, place,
          [](const ByteMap::Channel&) -> const std::array<std::uint8_t, 256>* { return nullptr; });
      return true;
  }
  return false;
}

}  // namespace hearth::image

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif  // HEARTH_SIMD_X86
