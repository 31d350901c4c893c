#pragma once

#include <hearth/transforms/crop.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/transforms/center_offset.hpp>

namespace hearth {

HEARTH_INLINE CenterCrop::CenterCrop(image::Size size) : size_(size) {
  core::require(size.height >= 1 && size.width >= 1, "CenterCrop: size must be at least 1, but got {}",
                std::min(size.height, size.width));
}

HEARTH_INLINE void CenterCrop::plan(transforms::Plan& plan, RandomStream&) const {
  const image::Size from = plan.size();
  plan.crop({transforms::center_offset(from.height, size_.height), transforms::center_offset(from.width, size_.width),
             size_.height, size_.width});
}

HEARTH_INLINE RandomResizedCrop::RandomResizedCrop(image::Size size, const RandomResizedCropOptions& options)
    : size_(size), options_(options) {
  core::require(size.height >= 1 && size.width >= 1, "RandomResizedCrop: size must be at least 1, but got {}",
                std::min(size.height, size.width));
  const transforms::Interval scale = options.scale;
  const transforms::Interval ratio = options.ratio;
  core::require(scale.low > 0 && scale.low <= scale.high && std::isfinite(scale.high),
                "RandomResizedCrop: scale must be positive, the lower bound first, but got {} to {}", scale.low,
                scale.high);
  core::require(ratio.low > 0 && ratio.low <= ratio.high && std::isfinite(ratio.high),
                "RandomResizedCrop: ratio must be positive, the lower bound first, but got {} to {}", ratio.low,
                ratio.high);
}

HEARTH_INLINE image::Rect RandomResizedCrop::draw(image::Size from, RandomStream& random) const {
  const double area = static_cast<double>(from.height) * from.width;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target_area = area * random.uniform(options_.scale.low, options_.scale.high);
    const double ratio = std::exp(random.uniform(std::log(options_.ratio.low), std::log(options_.ratio.high)));
    const double width = std::nearbyint(std::sqrt(target_area * ratio));
    const double height = std::nearbyint(std::sqrt(target_area / ratio));
    if (width >= 1 && width <= from.width && height >= 1 && height <= from.height) {
      image::Rect rect{0, 0, static_cast<int>(height), static_cast<int>(width)};
      rect.top = static_cast<int>(random.below(static_cast<std::uint64_t>(from.height - rect.height) + 1));
      rect.left = static_cast<int>(random.below(static_cast<std::uint64_t>(from.width - rect.width) + 1));
      return rect;
    }
  }
  return middle(from);
}

HEARTH_INLINE void RandomResizedCrop::plan(transforms::Plan& plan, RandomStream& random) const {
  plan.crop(draw(plan.size(), random));
  plan.resize(size_, options_.interpolation);
}

HEARTH_INLINE image::Rect RandomResizedCrop::middle(image::Size from) const noexcept {
  const double ratio = static_cast<double>(from.width) / from.height;
  image::Rect rect{0, 0, from.height, from.width};
  if (ratio < options_.ratio.low) {
    rect.height = std::max(1, static_cast<int>(std::nearbyint(from.width / options_.ratio.low)));
  } else if (ratio > options_.ratio.high) {
    rect.width = std::max(1, static_cast<int>(std::nearbyint(from.height * options_.ratio.high)));
  }
  rect.top = (from.height - rect.height) / 2;
  rect.left = (from.width - rect.width) / 2;
  return rect;
}

}  // namespace hearth
