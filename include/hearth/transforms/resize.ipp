#pragma once

#include <hearth/transforms/resize.hpp>

#include <algorithm>
#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Resize::Resize(int shorter_side) : size_{shorter_side, 0} {
  core::require(shorter_side >= 1, "Resize: size must be at least 1, but got {}", shorter_side);
}

HEARTH_INLINE Resize::Resize(image::Size size) : size_(size) {
  core::require(size.height >= 1 && size.width >= 1, "Resize: size must be at least 1, but got {}",
                std::min(size.height, size.width));
}

HEARTH_INLINE image::Size Resize::target(image::Size from) const noexcept {
  if (size_.width != 0) {
    return size_;
  }
  const int shorter = std::min(from.height, from.width);
  const int longer = std::max(from.height, from.width);
  const int wanted = size_.height;
  const int other = static_cast<int>(static_cast<double>(std::int64_t{wanted} * longer) / shorter);
  return from.width <= from.height ? image::Size{other, wanted} : image::Size{wanted, other};
}

HEARTH_INLINE void Resize::plan(transforms::Plan& plan, RandomStream&) const {
  plan.resize(target(plan.size()));
}

}  // namespace hearth
