#pragma once

#include <hearth/transforms/resize.hpp>

#include <algorithm>
#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Resize::Resize(int shorter_side, const ResizeOptions& options)
    : size_{shorter_side, 0}, options_(options) {
  core::require(shorter_side >= 1, "Resize: size must be at least 1, but got {}", shorter_side);
  core::require(!options.max_size || *options.max_size > shorter_side,
                "Resize: max_size must be more than the {} of the shorter side, but got {}", shorter_side,
                options.max_size.value_or(0));
}

HEARTH_INLINE Resize::Resize(image::Size size, const ResizeOptions& options) : size_(size), options_(options) {
  core::require(size.height >= 1 && size.width >= 1, "Resize: size must be at least 1, but got {}",
                std::min(size.height, size.width));
  core::require(!options.max_size, "Resize: max_size goes with the size of the shorter side, but both sides are given");
}

HEARTH_INLINE image::Size Resize::target(image::Size from) const noexcept {
  if (size_.width != 0) {
    return size_;
  }
  const int shorter = std::min(from.height, from.width);
  const int longer = std::max(from.height, from.width);
  const auto share = [](int of, int part, int whole) {
    return static_cast<int>(static_cast<double>(std::int64_t{of} * part) / whole);
  };
  image::Size target{size_.height, share(size_.height, longer, shorter)};  // of an image that is not upright
  if (options_.max_size && target.width > *options_.max_size) {
    target = {share(*options_.max_size, target.height, target.width), *options_.max_size};
  }
  return from.width <= from.height ? image::Size{target.width, target.height} : target;
}

HEARTH_INLINE void Resize::plan(transforms::Plan& plan, RandomStream&) const {
  plan.resize(target(plan.size()), options_.interpolation);
}

}  // namespace hearth
