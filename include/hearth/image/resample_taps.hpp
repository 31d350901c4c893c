/// The antialiased bilinear and bicubic filters along one axis: which source pixels make each target pixel, and with
/// what weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

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

  /// What is resized of `count` pixels: `length` of them from `begin` on, which need not be whole ones; the pixels
  /// around it are looked at too.
  struct Source {
    int count = 0;
    double begin = 0;
    double length = 0;
    friend bool operator==(const Source&, const Source&) = default;
  };

  /// Makes the taps of target pixels begin … begin+size-1 out of the `target` that `source` becomes. Keeps its
  /// memory from call to call, and its taps too where nothing changed. All numbers are positive.
  void prepare(Filter filter, const Source& source, int target, int begin, int size) {
    if (filter == filter_ && source == source_ && target == target_ && begin == begin_ &&
        static_cast<std::size_t>(size) == firsts_.size()) {
      return;
    }
    source_ = {};  // what follows may run out of memory
    const double scale = source.length / target;
    const double spread = std::max(scale, 1.0);
    const double support = filter == Filter::bilinear ? spread : 2.0 * spread;
    const auto span = [&](std::size_t i) -> Span {
      const double center = source.begin + (begin + static_cast<int>(i) + 0.5) * scale;
      const double low = center - support + 0.5;
      const double high = center + support + 0.5;
      const int first = std::max(static_cast<int>(low), 0);
      return {first, std::min(static_cast<int>(high), source.count) - first};
    };
    firsts_.resize(static_cast<std::size_t>(size));
    count_ = 0;
    for (std::size_t i = 0; i < firsts_.size(); ++i) {
      count_ = std::max(count_, span(i).count);
    }
    pair_count_ = static_cast<std::size_t>(count_ + 1) / 2;
    weights_.assign(firsts_.size() * pair_count_ * 2, 0);
    pairs_.resize(firsts_.size() * pair_count_);
    for (std::size_t i = 0; i < firsts_.size(); ++i) {
      const double center = source.begin + (begin + static_cast<int>(i) + 0.5) * scale;
      firsts_[i] = std::min(span(i).first, source.count - count_);
      if (filter == Filter::bilinear) {
        weigh(i, span(i), center, 1.0 / spread, triangle);
      } else {
        weigh(i, span(i), center, 1.0 / spread, cubic);
      }
    }
    filter_ = filter;
    source_ = source;
    target_ = target;
    begin_ = begin;
  }

  /// How many target pixels there are.
  std::size_t size() const noexcept { return firsts_.size(); }

  /// How many taps each of them has.
  int count() const noexcept { return count_; }

  /// Their first taps, one after the other.
  const int* firsts() const noexcept { return firsts_.data(); }

  /// Their weights, pair_count() * 2 for each; they sum to 2^22, give or take the rounding of each.
  const std::int32_t* weights() const noexcept { return weights_.data(); }

  /// The same weights, pair_count() for each.
  const Pair* pairs() const noexcept { return pairs_.data(); }
  std::size_t pair_count() const noexcept { return pair_count_; }

  /// The source pixels that all target pixels together take.
  Span reach() const noexcept { return {firsts_.front(), firsts_.back() + count_ - firsts_.front()}; }

 private:
  static double triangle(double distance) noexcept { return std::max(1.0 - distance, 0.0); }

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
  Source source_;
  int target_ = 0;
  int begin_ = 0;
  int count_ = 0;
  std::size_t pair_count_ = 0;
  std::vector<int> firsts_;
  std::vector<std::int32_t> weights_;  // [size, pair_count * 2]
  std::vector<Pair> pairs_;            // [size, pair_count]
  std::vector<double> shares_;
};

}  // namespace hearth::image
