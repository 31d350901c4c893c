/// Pillow's Image.blend of two values, as its enhancers use it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hearth/core/error.hpp>

namespace hearth::image {

/// Between `degenerate` (factor 0) and a pixel's value (factor 1), or beyond, as Pillow 13 rounds it
/// (src/libImaging/Blend.c): a float product, a float sum, clipped and cut to the integer below.
class Blend {
 public:
  /// Throws Error, in the name of `operation`, unless the factor is finite and not negative.
  Blend(std::string_view operation, double factor) : factor_(static_cast<double>(static_cast<float>(factor))) {
    core::require(std::isfinite(factor) && factor >= 0, "{}: the factor must be finite and at least 0, but got {}",
                  operation, factor);
  }

  std::uint8_t operator()(std::uint8_t degenerate, std::uint8_t value) const noexcept {
    // The product has 33 bits at most: it is exact, and rounded once, to float. No processor can fuse it with the sum,
    // which would round otherwise than Pillow.
    const auto product = static_cast<float>(factor_ * static_cast<double>(value - degenerate));
    const float sum = static_cast<float>(degenerate) + product;
    const float positive = sum > 0.0F ? sum : 0.0F;
    return static_cast<std::uint8_t>(static_cast<int>(positive < 255.0F ? positive : 255.0F));
  }

  /// The factor, rounded to float as Pillow rounds it.
  float factor() const noexcept { return static_cast<float>(factor_); }

  /// The same for `count` values, in place.
  void row(const std::uint8_t* degenerate, std::uint8_t* values, std::size_t count) const noexcept {
    const Blend self = *this;  // what is written is none of it
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = self(degenerate[i], values[i]);
    }
  }

 private:
  double factor_;  // a float's value
};

}  // namespace hearth::image
