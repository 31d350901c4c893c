#pragma once

#include <hearth/transforms/five_crop.hpp>

#include <algorithm>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/transforms/center_offset.hpp>

namespace hearth {

namespace detail {

/// Crop `index` of the five: the corners row by row, then the middle.
inline void plan_one_of_five(transforms::Plan& plan, image::Size size, std::size_t index, std::string_view transform) {
  const image::Size from = plan.size();
  core::require(size.height <= from.height && size.width <= from.width,
                "{}: crops of {} x {} pixels do not fit an image of {} x {}", transform, size.height, size.width,
                from.height, from.width);
  if (index == 4) {
    plan.crop({transforms::center_offset(from.height, size.height), transforms::center_offset(from.width, size.width),
               size.height, size.width});
    return;
  }
  const int top = index / 2 == 0 ? 0 : from.height - size.height;
  const int left = index % 2 == 0 ? 0 : from.width - size.width;
  plan.crop({top, left, size.height, size.width});
}

}  // namespace detail

HEARTH_INLINE FiveCrop::FiveCrop(image::Size size) : size_(size) {
  core::require(size.height >= 1 && size.width >= 1, "FiveCrop: size must be at least 1, but got {}",
                std::min(size.height, size.width));
}

HEARTH_INLINE void FiveCrop::plan(transforms::Plan& plan, std::size_t index) const {
  detail::plan_one_of_five(plan, size_, index, "FiveCrop");
}

HEARTH_INLINE TenCrop::TenCrop(image::Size size, const TenCropOptions& options) : size_(size), options_(options) {
  core::require(size.height >= 1 && size.width >= 1, "TenCrop: size must be at least 1, but got {}",
                std::min(size.height, size.width));
}

HEARTH_INLINE void TenCrop::plan(transforms::Plan& plan, std::size_t index) const {
  if (index >= 5 && options_.vertical_flip) {
    plan.flip_vertical();
  } else if (index >= 5) {
    plan.flip_horizontal();
  }
  detail::plan_one_of_five(plan, size_, index % 5, "TenCrop");
}

}  // namespace hearth
