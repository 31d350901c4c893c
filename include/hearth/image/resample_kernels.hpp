/// The inner loops of resampling: one row stretched, several rows blended into one. Each comes in plain C++, which is
/// the reference, and for several kinds of processors, of which one is chosen when the program runs; all give the same
/// bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/image/resample_taps.hpp>
#include <hearth/image/simd.hpp>

namespace hearth::image {

/// How many bytes past the end of a row `stretch` may read and write. What it reads there changes nothing, and what it
/// writes there is anything.
inline constexpr std::size_t stretch_slack = 160;

/// What a kernel keeps of the taps in a form of its own. Keeps its memory.
struct StretchTable {
  struct alignas(64) Lanes {
    std::uint32_t values[16];
  };
  bool usable = false;
  bool wide = false;
  std::vector<std::ptrdiff_t> begins;
  std::vector<Lanes> lanes;
};

struct ResampleKernels {
  /// Once before `stretch` is called for rows with these taps, origin and number of channels.
  void (*prepare)(int origin, int channels, const ResampleTaps& taps, StretchTable& table);

  /// Writes `taps.size()` pixels to `out`; `row` begins with source pixel `origin`.
  void (*stretch)(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                  const StretchTable& table, std::uint8_t* out) noexcept;

  /// Writes `bytes` bytes to `out`, target row `y`, from as many bytes of each of the row's taps: `first` is the first,
  /// the others follow at a distance of `stride`. Touches nothing else.
  void (*blend)(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                std::size_t bytes, std::uint8_t* out) noexcept;
};

namespace detail {

inline constexpr std::int32_t resample_half = 1 << (ResampleTaps::precision_bits - 1);

inline void prepare_nothing(int, int, const ResampleTaps&, StretchTable&) {}

/// Half up, then clipped to 0 … 255, as Pillow does.
inline std::uint8_t resample_rounded(std::int32_t sum) noexcept {
  return static_cast<std::uint8_t>(std::clamp(sum >> ResampleTaps::precision_bits, 0, 255));
}

inline void stretch_portable(const std::uint8_t* row, int origin, int channels, const ResampleTaps& taps,
                             const StretchTable&, std::uint8_t* out) noexcept {
  const std::int32_t* weights = taps.weights();
  for (std::size_t x = 0; x < taps.size(); ++x, weights += 2 * taps.pair_count()) {
    const std::uint8_t* const first = row + std::ptrdiff_t{taps.firsts()[x] - origin} * channels;
    for (int c = 0; c < channels; ++c) {
      std::int32_t sum = resample_half;
      for (int t = 0; t < taps.count(); ++t) {
        sum += first[t * channels + c] * weights[t];
      }
      *out++ = resample_rounded(sum);
    }
  }
}

inline void blend_portable(const std::uint8_t* first, std::ptrdiff_t stride, const ResampleTaps& taps, std::size_t y,
                           std::size_t bytes, std::uint8_t* out) noexcept {
  const std::int32_t* const weights = taps.weights() + y * 2 * taps.pair_count();
  for (std::size_t i = 0; i < bytes; ++i) {
    std::int32_t sum = resample_half;
    for (int t = 0; t < taps.count(); ++t) {
      sum += first[t * stride + static_cast<std::ptrdiff_t>(i)] * weights[t];
    }
    out[i] = resample_rounded(sum);
  }
}

}  // namespace detail

inline constexpr ResampleKernels portable_resample_kernels{detail::prepare_nothing, detail::stretch_portable,
                                                           detail::blend_portable};

/// Those of the level in use.
const ResampleKernels& resample_kernels();

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/resample_kernels.ipp>
#endif
