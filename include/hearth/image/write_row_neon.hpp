/// write_row in NEON: rows of three channels and of one by arithmetic.
#pragma once

#include <hearth/image/simd.hpp>

#ifdef HEARTH_SIMD_NEON

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include <hearth/image/byte_map.hpp>
#include <hearth/image/write_row.hpp>

namespace hearth::image {

namespace detail {

inline uint8x16_t backwards_neon(uint8x16_t bytes) noexcept {
  const uint8x16_t halves = vrev64q_u8(bytes);
  return vextq_u8(halves, halves, 8);
}

/// The tables' values of four bytes.
inline float32x4_t linear_neon(uint16x4_t bytes, const ByteMap::Linear& linear) noexcept {
  const float32x4_t value = vcvtq_f32_u32(vmovl_u16(bytes));
  const float32x4_t share =
      vfmaq_f32(vmulq_f32(value, vdupq_n_f32(ByteMap::inverse_255_rest)), value, vdupq_n_f32(ByteMap::inverse_255));
  const float32x4_t difference = vsubq_f32(share, vdupq_n_f32(linear.mean));
  return vfmaq_f32(vmulq_f32(difference, vdupq_n_f32(linear.inverse_std_rest)), difference,
                   vdupq_n_f32(linear.inverse_std));
}

inline uint16x4_t bfloat16_neon(float32x4_t values) noexcept {
  const uint32x4_t bits = vreinterpretq_u32_f32(values);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  return vshrn_n_u32(vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7FFF))), 16);
}

/// Four numbers of 16 bits: bfloat16 or float16.
template <Dtype Type>
uint16x4_t narrowed_neon(float32x4_t values) noexcept {
  if constexpr (Type == Dtype::bfloat16) {
    return bfloat16_neon(values);
  } else {
    return vreinterpret_u16_f16(vcvt_f16_f32(values));
  }
}

struct Floats16Neon {
  float32x4_t parts[4];
};

inline Floats16Neon linear_16_neon(uint8x16_t bytes, const ByteMap::Linear& linear) noexcept {
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes));
  const uint16x8_t high = vmovl_u8(vget_high_u8(bytes));
  return {{linear_neon(vget_low_u16(low), linear), linear_neon(vget_high_u16(low), linear),
           linear_neon(vget_low_u16(high), linear), linear_neon(vget_high_u16(high), linear)}};
}

/// Writes 16 pixels of which `bytes` are the channels.
template <Dtype Type, int Channels, class Number>
void write_16_neon(const uint8x16_t (&bytes)[3], const ByteMap& map, Number* out, std::ptrdiff_t next_channel,
                   bool planes) noexcept {
  if constexpr (Type == Dtype::uint8) {
    if (planes) {
      for (int c = 0; c < Channels; ++c) {
        vst1q_u8(out + c * next_channel, bytes[c]);
      }
    } else {
      vst3q_u8(out, uint8x16x3_t{{bytes[0], bytes[1], bytes[2]}});
    }
  } else {
    Floats16Neon values[Channels];
    for (int c = 0; c < Channels; ++c) {
      values[c] = linear_16_neon(bytes[c], map[c].linear);
    }
    for (int part = 0; part < 4; ++part) {
      if constexpr (Type == Dtype::float32) {
        if (planes) {
          for (int c = 0; c < Channels; ++c) {
            vst1q_f32(out + c * next_channel + 4 * part, values[c].parts[part]);
          }
        } else if constexpr (Channels == 3) {
          vst3q_f32(out + 12 * part,
                    float32x4x3_t{{values[0].parts[part], values[1].parts[part], values[2].parts[part]}});
        }
      } else {
        if (planes) {
          for (int c = 0; c < Channels; ++c) {
            vst1_u16(out + c * next_channel + 4 * part, narrowed_neon<Type>(values[c].parts[part]));
          }
        } else if constexpr (Channels == 3) {
          vst3_u16(out + 12 * part,
                   uint16x4x3_t{{narrowed_neon<Type>(values[0].parts[part]), narrowed_neon<Type>(values[1].parts[part]),
                                 narrowed_neon<Type>(values[2].parts[part])}});
        }
      }
    }
  }
}

/// Rows of at least 16 pixels. Where the last block is no whole one, it begins earlier, and some pixels are written
/// twice.
template <Dtype Type, int Channels, class Number>
void write_typed_neon(const ByteMap& map, const std::uint8_t* first, bool flipped, std::ptrdiff_t width,
                      const RowPlace& place) noexcept {
  const bool planes = place.next_pixel == 1;
  for (std::ptrdiff_t x = 0; x < width; x += 16) {
    x = x + 16 > width ? width - 16 : x;
    const std::uint8_t* const from = flipped ? first - (x + 15) * Channels : first + x * Channels;
    uint8x16_t bytes[3];
    if constexpr (Channels == 3) {
      const uint8x16x3_t pixels = vld3q_u8(from);
      for (int c = 0; c < 3; ++c) {
        bytes[c] = flipped ? backwards_neon(pixels.val[c]) : pixels.val[c];
      }
    } else {
      bytes[0] = bytes[1] = bytes[2] = flipped ? backwards_neon(vld1q_u8(from)) : vld1q_u8(from);
    }
    write_16_neon<Type, Channels>(bytes, map, static_cast<Number*>(place.data) + x * place.next_pixel,
                                  place.next_channel, planes);
  }
}

template <Dtype Type, class Number>
void write_some_neon(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                     const RowPlace& place) noexcept {
  if (map.channels() == 1) {
    write_typed_neon<Type, 1, Number>(map, first, step < 0, width, place);
  } else {
    write_typed_neon<Type, 3, Number>(map, first, step < 0, width, place);
  }
}

}  // namespace detail

/// False, and nothing is written, where the row is none of what this is for.
inline bool write_row_neon(const ByteMap& map, const std::uint8_t* first, std::ptrdiff_t step, int width,
                           const RowPlace& place) noexcept {
  const bool grey = map.channels() == 1 && place.next_pixel == 1;
  const bool rgb = map.channels() == 3 && (place.next_pixel == 1 || (place.next_pixel == 3 && place.next_channel == 1));
  if (width < 16 || !(grey || rgb) || !(map.is_linear() || place.dtype == Dtype::uint8)) {
    return false;
  }
  switch (place.dtype) {
    case Dtype::float32:
      detail::write_some_neon<Dtype::float32, float>(map, first, step, width, place);
      break;
    case Dtype::bfloat16:
      detail::write_some_neon<Dtype::bfloat16, std::uint16_t>(map, first, step, width, place);
      break;
    case Dtype::float16:
      detail::write_some_neon<Dtype::float16, std::uint16_t>(map, first, step, width, place);
      break;
    case Dtype::uint8:
      detail::write_some_neon<Dtype::uint8, std::uint8_t>(map, first, step, width, place);
      break;
  }
  return true;
}

}  // namespace hearth::image

#endif  // HEARTH_SIMD_NEON
