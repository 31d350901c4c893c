/// What the 256 values of each channel of an image become, in each type that batches have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::image {

/// A float for each of the 256 values of a byte.
using FloatTable = std::array<float, 256>;

/// The nearest number of type bfloat16 or float16, as its bits: half to even, as c10::BFloat16 and c10::Half round.
std::uint16_t bfloat16_bits(float value) noexcept;
std::uint16_t float16_bits(float value) noexcept;

/// Tables of the channels of an image, and what the kernels of write_row make of them.
class ByteMap {
 public:
  /// (byte / 255 - mean) / std in float arithmetic, each operation rounded, by multiplications: in `fma(x, y, z)`,
  /// rounded once, the quotient byte / 255 is fma(byte, 1/255, byte * (1/255)'), where the second factor is what the
  /// float 1/255 lacks, and the other quotient likewise.
  struct Linear {
    float mean = 0;
    float inverse_std = 1;
    float inverse_std_rest = 0;
  };
  static constexpr float inverse_255 = static_cast<float>(1.0 / 255);
  static constexpr float inverse_255_rest = static_cast<float>(1.0 / 255 - static_cast<double>(inverse_255));

  /// The same numbers for each of the 48 bytes of 16 RGB pixels.
  struct alignas(64) LinearLanes {
    std::array<float, 48> mean;
    std::array<float, 48> inverse_std;
    std::array<float, 48> inverse_std_rest;
  };

  struct alignas(64) Channel {
    FloatTable floats;
    std::array<std::uint16_t, 256> bfloat16s;
    std::array<std::uint16_t, 256> float16s;
    std::array<std::array<std::uint8_t, 256>, 4> float_bytes;  ///< byte i of each float, the lowest first
    std::array<std::array<std::uint8_t, 256>, 2> bfloat16_bytes;
    std::array<std::array<std::uint8_t, 256>, 2> float16_bytes;
    Linear linear;
  };

  ByteMap() = default;
  /// A table for each channel, from the first on.
  explicit ByteMap(std::span<const FloatTable> tables);

  int channels() const noexcept { return static_cast<int>(channels_.size()); }
  const Channel& operator[](int channel) const noexcept { return channels_[static_cast<std::size_t>(channel)]; }

  /// Whether the `linear` of every channel gives its table exactly, bit for bit; all 256 were compared.
  bool is_linear() const noexcept { return linear_; }

  /// Of maps of 3 channels: for bytes that are sorted by channel, 16 of each, and for whole pixels.
  const LinearLanes& lanes_of_planes() const noexcept { return planes_; }
  const LinearLanes& lanes_of_pixels() const noexcept { return pixels_; }

 private:
  std::vector<Channel> channels_;
  LinearLanes planes_{};
  LinearLanes pixels_{};
  bool linear_ = false;
};

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/byte_map.ipp>
#endif
