#pragma once

#include <hearth/transforms/filter.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/image/filter.hpp>
#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE RandomAdjustSharpness::RandomAdjustSharpness(double sharpness_factor, double p)
    : sharpness_factor_(sharpness_factor), p_(transforms::checked_probability("RandomAdjustSharpness", p)) {
  core::require(std::isfinite(sharpness_factor) && sharpness_factor >= 0,
                "RandomAdjustSharpness: sharpness_factor must be finite and at least 0, but got {}", sharpness_factor);
}

HEARTH_INLINE void RandomAdjustSharpness::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([this](Image& image) { image::adjust_sharpness(image, sharpness_factor_); });
  }
}

HEARTH_INLINE GaussianBlur::GaussianBlur(image::Size kernel_size, transforms::Interval sigma)
    : kernel_size_(kernel_size), sigma_(sigma) {
  const auto [height, width] = kernel_size;
  core::require(height > 0 && width > 0 && height % 2 == 1 && width % 2 == 1,
                "GaussianBlur: kernel_size must be odd and positive, but got {} x {}", height, width);
  core::require(sigma.low > 0 && sigma.low <= sigma.high && std::isfinite(sigma.high),
                "GaussianBlur: sigma must be positive, the lower bound first, but got {} to {}", sigma.low, sigma.high);
}

HEARTH_INLINE void GaussianBlur::apply(Image& image, RandomStream& random) const {
  image::gaussian_blur(image, kernel_size_, draw(random));
}

}  // namespace hearth
