#pragma once

#include <hearth/image/byte_map.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>

namespace hearth::image {

namespace detail {

inline float linear_value(int byte, const ByteMap::Linear& linear) noexcept {
  const auto value = static_cast<float>(byte);
  const float share = std::fma(value, ByteMap::inverse_255, value * ByteMap::inverse_255_rest);
  const float difference = share - linear.mean;
  return std::fma(difference, linear.inverse_std, difference * linear.inverse_std_rest);
}

inline bool same_bits(float a, float b) noexcept {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

/// The number that is `steps` floats further, of one that is not 0.
inline float moved(float value, int steps) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(value) + steps);
}

/// What makes the table; nothing where no mean and standard deviation do.
inline std::optional<ByteMap::Linear> linear_of(const FloatTable& table) noexcept {
  const double slope = static_cast<double>(table[255]) - static_cast<double>(table[0]);
  const auto first_std = static_cast<float>(1.0 / slope);
  const auto first_mean = static_cast<float>(-static_cast<double>(table[0]) * static_cast<double>(first_std));
  if (!std::isnormal(first_std) || !(first_mean == 0.0F || std::isnormal(first_mean))) {
    return std::nullopt;
  }
  // The ends of the table are rounded, so mean and deviation are known but for a few of their last places.
  for (const int std_steps : {0, 1, -1, 2, -2, 3, -3, 4, -4}) {
    const float std = moved(first_std, std_steps);
    const auto inverse = static_cast<float>(1.0 / static_cast<double>(std));
    const auto rest = static_cast<float>(1.0 / static_cast<double>(std) - static_cast<double>(inverse));
    for (const int mean_steps : {0, 1, -1, 2, -2, 3, -3, 4, -4}) {
      const ByteMap::Linear linear{first_mean == 0.0F ? 0.0F : moved(first_mean, mean_steps), inverse, rest};
      int byte = 0;
      while (byte < 256 && same_bits(linear_value(byte, linear), table[static_cast<std::size_t>(byte)])) {
        ++byte;
      }
      if (byte == 256) {
        return linear;
      }
    }
  }
  return std::nullopt;
}

}  // namespace detail

HEARTH_INLINE std::uint16_t bfloat16_bits(float value) noexcept {
  if (std::isnan(value)) {
    return 0x7FC0;
  }
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

HEARTH_INLINE std::uint16_t float16_bits(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) {
    return static_cast<std::uint16_t>(sign | 0x7E00);
  }
  if (magnitude >= 0x477FF000) {  // 65520, half way from the largest to what would follow, and infinity
    return static_cast<std::uint16_t>(sign | 0x7C00);
  }
  if (magnitude < 0x38800000) {  // 2^-14: below it, multiples of 2^-24, which 1/2 ends with as floats about 1/2 do
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000));
  }
  const std::uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

HEARTH_INLINE ByteMap::ByteMap(std::span<const FloatTable> tables) : channels_(tables.size()), linear_(true) {
  for (std::size_t c = 0; c < tables.size(); ++c) {
    Channel& channel = channels_[c];
    channel.floats = tables[c];
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const float value = tables[c][byte];
      const auto bits = std::bit_cast<std::uint32_t>(value);
      channel.bfloat16s[byte] = bfloat16_bits(value);
      channel.float16s[byte] = float16_bits(value);
      for (std::size_t i = 0; i < 4; ++i) {
        channel.float_bytes[i][byte] = static_cast<std::uint8_t>(bits >> (8 * i));
      }
      for (std::size_t i = 0; i < 2; ++i) {
        channel.bfloat16_bytes[i][byte] = static_cast<std::uint8_t>(channel.bfloat16s[byte] >> (8 * i));
        channel.float16_bytes[i][byte] = static_cast<std::uint8_t>(channel.float16s[byte] >> (8 * i));
      }
    }
    const std::optional<Linear> linear = detail::linear_of(tables[c]);
    channel.linear = linear.value_or(Linear());
    linear_ = linear_ && linear.has_value();
  }
  if (tables.size() != 3) {
    return;
  }
  const auto set_lane = [this](LinearLanes& lanes, std::size_t lane, std::size_t channel) {
    const Linear& linear = channels_[channel].linear;
    lanes.mean[lane] = linear.mean;
    lanes.inverse_std[lane] = linear.inverse_std;
    lanes.inverse_std_rest[lane] = linear.inverse_std_rest;
  };
  for (std::size_t lane = 0; lane < 48; ++lane) {
    set_lane(planes_, lane, lane / 16);
    set_lane(pixels_, lane, lane % 3);
  }
}

}  // namespace hearth::image
