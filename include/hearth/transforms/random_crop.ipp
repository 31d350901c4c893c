#pragma once

#include <hearth/transforms/random_crop.hpp>

#include <algorithm>
#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE RandomCrop::RandomCrop(image::Size size, const RandomCropOptions& options)
    : size_(size), options_(options) {
  core::require(size.height >= 1 && size.width >= 1, "RandomCrop: size must be at least 1, but got {}",
                std::min(size.height, size.width));
  options.fill.check("RandomCrop");
}

HEARTH_INLINE image::Rect RandomCrop::draw(image::Size from, RandomStream& random) const {
  core::require(size_.height <= from.height && size_.width <= from.width,
                "RandomCrop: a crop of {} x {} pixels does not fit an image of {} x {}; .pad_if_needed = true makes it "
                "large enough",
                size_.height, size_.width, from.height, from.width);
  image::Rect rect{0, 0, size_.height, size_.width};
  if (from != size_) {
    rect.top = static_cast<int>(random.below(static_cast<std::uint64_t>(from.height - size_.height) + 1));
    rect.left = static_cast<int>(random.below(static_cast<std::uint64_t>(from.width - size_.width) + 1));
  }
  return rect;
}

HEARTH_INLINE void RandomCrop::plan(transforms::Plan& plan, RandomStream& random) const {
  const PadOptions sides{options_.fill, options_.padding_mode};
  if (options_.padding) {
    transforms::plan_padding(plan, *options_.padding, sides, "RandomCrop");
  }
  if (options_.pad_if_needed && plan.size().width < size_.width) {
    transforms::plan_padding(plan, {size_.width - plan.size().width, 0}, sides, "RandomCrop");
  }
  if (options_.pad_if_needed && plan.size().height < size_.height) {
    transforms::plan_padding(plan, {0, size_.height - plan.size().height}, sides, "RandomCrop");
  }
  plan.crop(draw(plan.size(), random));
}

}  // namespace hearth
