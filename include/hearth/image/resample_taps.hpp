/// The antialiased bilinear and bicubic filters along one axis: which source pixels make each target pixel, and with
/// what weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/image/simd.hpp>
#ifdef HEARTH_SIMD_X86
#include <hearth/image/resample_taps_avx2.hpp>
#endif

namespace hearth::image {

/// The taps of a stretch of target pixels, as Pillow's precompute_coeffs and normalize_coeffs_8bpc make them
/// (src/libImaging/Resample.c): a triangle of half-width max(1, source / target) about each target pixel's centre, or
/// the cubic convolution of Keys (1981, a = -1/2) of twice that half-width, normalised to 1 in double precision and
/// rounded to 22 bits of fixed point.
///
/// Every target pixel takes the same number of neighbouring source pixels, all of them inside the source; those that
/// the filter doesn't reach weigh nothing.
class ResampleTaps {
 public:
  static constexpr int precision_bits = 22;
  static constexpr int half_bits = precision_bits / 2;

  /// Source pixels first … first+count-1.
  struct Span {
    int first = 0;
    int count = 0;
  };

  enum class Filter { bilinear, bicubic };

  /// The weights of two taps in a row, each split as high * 2^11 + low, side by side as 16-bit numbers: what a
  /// multiply-and-add of packed 16-bit numbers takes; a negative weight's high half is negative. The partner of an odd
  /// last tap weighs nothing.
  struct Pair {
    std::uint32_t high = 0;
    std::uint32_t low = 0;
  };

  /// What is resampled along one axis: `length` of `source` pixels, from `offset` on, both of any fraction, become
  /// `target` pixels.
  struct Axis {
    int source = 0;
    double offset = 0;
    double length = 0;
    int target = 0;
    friend bool operator==(const Axis&, const Axis&) = default;
  };

  /// The source pixels that target pixels begin … begin+size-1 take together.
  static Span reach(Filter filter, const Axis& axis, int begin, int size) noexcept {
    const Placement placement(filter, axis);
    const Span last = placement.span(begin + size - 1);
    const int first = placement.span(begin).first;
    return {first, last.first + last.count - first};
  }

  /// Makes the taps of target pixels begin … begin+size-1. Keeps its memory from call to call, and its taps too where
  /// nothing changed. All numbers but the offset are positive.
  void prepare(Filter filter, const Axis& axis, int begin, int size) {
    if (filter == filter_ && axis == axis_ && begin == begin_ && static_cast<std::size_t>(size) == size_) {
      return;
    }
    axis_ = {};  // what follows may run out of memory
    const Placement placement(filter, axis);
    reach_ = reach(filter, axis, begin, size);
    size_ = static_cast<std::size_t>(size);
#ifdef HEARTH_SIMD_X86
    if (filter == Filter::bilinear && simd_level() >= Simd::avx2) {
      prepare_avx2(placement, begin);
    } else {
      prepare_portable(filter, placement, begin);
    }
#else
    prepare_portable(filter, placement, begin);
#endif
    filter_ = filter;
    axis_ = axis;
    begin_ = begin;
  }

  /// How many target pixels there are.
  std::size_t size() const noexcept {
    return size_;
  }

  /// How many taps each of them has.
  int count() const noexcept {
    return count_;
  }

  /// Their first taps, one after the other.
  const int* firsts() const noexcept {
    return firsts_.data();
  }

  /// Their weights, pair_count() * 2 for each; they sum to 2^22, give or take the rounding of each.
  const std::int32_t* weights() const noexcept {
    return weights_.data();
  }

  /// The same weights, pair_count() for each.
  const Pair* pairs() const noexcept {
    return pairs_.data();
  }
  std::size_t pair_count() const noexcept {
    return pair_count_;
  }

  /// The source pixels that all target pixels together take.
  Span reach() const noexcept {
    return reach_;
  }

 private:
  /// Where the filter lies about a target pixel.
  struct Placement {
    Placement(Filter filter, const Axis& axis) noexcept
        : offset(axis.offset),
          scale(axis.length / axis.target),
          spread(std::max(scale, 1.0)),
          support(filter == Filter::bilinear ? spread : 2.0 * spread),
          source(axis.source) {}

    double center(int pixel) const noexcept { return offset + (pixel + 0.5) * scale; }

    Span span(int pixel) const noexcept {
      const double middle = center(pixel);
      const int first = std::max(static_cast<int>(middle - support + 0.5), 0);
      return {first, std::min(static_cast<int>(middle + support + 0.5), source) - first};
    }

    double offset;
    double scale;
    double spread;
    double support;
    int source;
  };

  void prepare_portable(Filter filter, const Placement& placement, int begin) {
    firsts_.resize(size_);
    count_ = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      count_ = std::max(count_, placement.span(begin + static_cast<int>(i)).count);
    }
    pair_count_ = static_cast<std::size_t>(count_ + 1) / 2;
    weights_.assign(size_ * pair_count_ * 2, 0);
    pairs_.resize(size_ * pair_count_);
    for (std::size_t i = 0; i < size_; ++i) {
      const Span span = placement.span(begin + static_cast<int>(i));
      const double center = placement.center(begin + static_cast<int>(i));
      firsts_[i] = std::min(span.first, reach_.first + reach_.count - count_);
      if (filter == Filter::bilinear) {
        weigh(i, span, center, 1.0 / placement.spread, triangle);
      } else {
        weigh(i, span, center, 1.0 / placement.spread, cubic);
      }
    }
  }

#ifdef HEARTH_SIMD_X86
  void prepare_avx2(const Placement& placement, int begin) {
    const std::size_t padded = (size_ + 3) / 4 * 4;  // four at a time
    const detail::TapSpans spans{placement.offset,       placement.scale,  placement.support,
                                 1.0 / placement.spread, placement.source, begin};
    firsts_.resize(padded);
    counts_.resize(padded);
    count_ = detail::find_spans_avx2(spans, size_, firsts_.data(), counts_.data());
    pair_count_ = static_cast<std::size_t>(count_ + 1) / 2;
    weights_.assign(padded * pair_count_ * 2, 0);
    shares_.resize(static_cast<std::size_t>(count_) * 4);
    pairs_.resize(padded * pair_count_);
    detail::weigh_bilinear_avx2(spans, padded, count_, reach_.first + reach_.count, firsts_.data(), counts_.data(),
                                shares_.data(), weights_.data());
    static_assert(sizeof(Pair) == 8);
    detail::pair_weights_avx2(weights_.data(), pairs_.size(), half_bits, pairs_.data());
  }
#endif

  static double triangle(double distance) noexcept {
    return std::max(1.0 - distance, 0.0);
  }

  static double cubic(double x) noexcept {
    constexpr double a = -0.5;
    return x < 1.0 ? ((a + 2.0) * x - (a + 3.0)) * x * x + 1 : x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
  }

  template <class Curve>
  void weigh(std::size_t target, Span span, double center, double sharpness, const Curve& curve) {
    shares_.resize(static_cast<std::size_t>(span.count));
    double sum = 0;
    for (int t = 0; t < span.count; ++t) {
      const double distance = std::abs((t + span.first - center + 0.5) * sharpness);
      sum += shares_[static_cast<std::size_t>(t)] = curve(distance);
    }
    std::int32_t* const weights = &weights_[target * pair_count_ * 2];
    std::transform(shares_.begin(), shares_.end(), weights + (span.first - firsts_[target]), [&](double share) {
      const double weight = share / sum * (1 << precision_bits);
      return static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5);
    });
    constexpr std::int32_t low_mask = (1 << half_bits) - 1;
    for (std::size_t p = 0; p < pair_count_; ++p) {
      const std::int32_t even = weights[2 * p];
      const std::int32_t odd = weights[2 * p + 1];
      pairs_[target * pair_count_ + p] = {packed(even >> half_bits, odd >> half_bits),
                                          packed(even & low_mask, odd & low_mask)};
    }
  }

  /// Two numbers of 16 bits side by side.
  static std::uint32_t packed(std::int32_t even, std::int32_t odd) noexcept {
    return static_cast<std::uint16_t>(even) | static_cast<std::uint32_t>(static_cast<std::uint16_t>(odd)) << 16;
  }

  Filter filter_ = Filter::bilinear;
  Axis axis_;
  int begin_ = 0;
  Span reach_;
  std::size_t size_ = 0;
  int count_ = 0;
  std::size_t pair_count_ = 0;
  // Of these the first `size` are used.
  std::vector<int> firsts_;
  std::vector<int> counts_;
  std::vector<std::int32_t> weights_;  // [size, pair_count * 2]
  std::vector<Pair> pairs_;            // [size, pair_count]
  std::vector<double> shares_;
};

}  // namespace hearth::image
