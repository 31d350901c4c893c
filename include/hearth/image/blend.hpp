/// Pillow's Image.blend of two values, as its enhancers use it.
#pragma once

#include <algorithm>
#include <array>
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
  Blend(std::string_view operation, double factor) {
    core::require(std::isfinite(factor) && factor >= 0, "{}: the factor must be finite and at least 0, but got {}",
                  operation, factor);
    // From memory, no processor fuses a product with the sum, which would round otherwise than Pillow.
    for (int i = -255; i <= 255; ++i) {
      products_[static_cast<std::size_t>(i + 255)] = static_cast<float>(factor) * static_cast<float>(i);
    }
  }

  std::uint8_t operator()(std::uint8_t degenerate, std::uint8_t value) const noexcept {
    const float sum = static_cast<float>(degenerate) + products_[static_cast<std::size_t>(value - degenerate + 255)];
    return static_cast<std::uint8_t>(std::clamp(sum, 0.0F, 255.0F));
  }

 private:
  std::array<float, 511> products_;
};

}  // namespace hearth::image
