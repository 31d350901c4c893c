/// Parts of pictures: the middle, and random ones that are resized.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Keeps the middle, as torchvision's CenterCrop does; a side that is shorter than wanted is padded with zeros, on the
/// right and below by one more where the padding is odd. Draws nothing.
class CenterCrop {
 public:
  explicit CenterCrop(int size) : CenterCrop(image::Size{size, size}) {}
  explicit CenterCrop(image::Size size) : size_(size) {
    core::require(size.height >= 1 && size.width >= 1, "CenterCrop: size must be at least 1, but got {}",
                  std::min(size.height, size.width));
  }

  void plan(transforms::Plan& plan, RandomStream&) const {
    const image::Size from = plan.size();
    plan.crop({offset(from.height, size_.height), offset(from.width, size_.width), size_.height, size_.width});
  }

 private:
  /// torchvision pads by half of what is missing, rounded down, and cuts half of what is over, rounded half to even.
  static int offset(int from, int to) noexcept {
    return to > from ? -((to - from) / 2) : static_cast<int>(std::nearbyint((from - to) / 2.0));
  }

  image::Size size_;
};

}  // namespace hearth

namespace hearth::transforms {

/// From `low` to `high`.
struct Interval {
  double low = 0;
  double high = 0;
};

}  // namespace hearth::transforms

namespace hearth {

/// RandomResizedCrop's options: the share of the picture's area that a crop has, and its ratio of width to height.
struct RandomResizedCropOptions {
  transforms::Interval scale{0.08, 1.0};
  transforms::Interval ratio{3.0 / 4.0, 4.0 / 3.0};
};

/// Cuts out a part of random area, ratio and position and resizes it to `size`, as torchvision's RandomResizedCrop.
///
/// Draws, in this order, until a crop fits, ten times at most: the area's share, uniform in scale; the ratio, the
/// exponential of a uniform number in log(ratio); and where width and height fit the picture, their corner's row, then
/// its column, below() each. When none fits, the crop is the middle, as much of it as the ratio allows.
class RandomResizedCrop {
 public:
  explicit RandomResizedCrop(int size, const RandomResizedCropOptions& options = {})
      : RandomResizedCrop(image::Size{size, size}, options) {}
  explicit RandomResizedCrop(image::Size size, const RandomResizedCropOptions& options = {})
      : size_(size), options_(options) {
    core::require(size.height >= 1 && size.width >= 1, "RandomResizedCrop: size must be at least 1, but got {}",
                  std::min(size.height, size.width));
    const auto [scale, ratio] = options;
    core::require(scale.low > 0 && scale.low <= scale.high && std::isfinite(scale.high),
                  "RandomResizedCrop: scale must be positive, the lower bound first, but got {} to {}", scale.low,
                  scale.high);
    core::require(ratio.low > 0 && ratio.low <= ratio.high && std::isfinite(ratio.high),
                  "RandomResizedCrop: ratio must be positive, the lower bound first, but got {} to {}", ratio.low,
                  ratio.high);
  }

  /// Draws the part of a picture of size `from` to cut out.
  image::Rect draw(image::Size from, RandomStream& random) const {
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

  void plan(transforms::Plan& plan, RandomStream& random) const {
    plan.crop(draw(plan.size(), random));
    plan.resize(size_);
  }

 private:
  image::Rect middle(image::Size from) const noexcept {
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

  image::Size size_;
  RandomResizedCropOptions options_;
};

}  // namespace hearth
