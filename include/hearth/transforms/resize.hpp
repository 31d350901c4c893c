/// Pictures of another size.
#pragma once

#include <algorithm>
#include <cstdint>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Resizes, antialiased and bilinear, as torchvision's Resize does: to a height and width, or, given one number, so
/// that the shorter side has it and the longer one int(size * longer / shorter). Draws nothing.
class Resize {
 public:
  explicit Resize(int shorter_side) : size_{shorter_side, 0} {
    core::require(shorter_side >= 1, "Resize: size must be at least 1, but got {}", shorter_side);
  }
  explicit Resize(image::Size size) : size_(size) {
    core::require(size.height >= 1 && size.width >= 1, "Resize: size must be at least 1, but got {}",
                  std::min(size.height, size.width));
  }

  /// The size that a picture of size `from` becomes.
  image::Size target(image::Size from) const noexcept {
    if (size_.width != 0) {
      return size_;
    }
    const int shorter = std::min(from.height, from.width);
    const int longer = std::max(from.height, from.width);
    const int wanted = size_.height;
    const int other = static_cast<int>(static_cast<double>(std::int64_t{wanted} * longer) / shorter);
    return from.width <= from.height ? image::Size{other, wanted} : image::Size{wanted, other};
  }

  void plan(transforms::Plan& plan, RandomStream&) const { plan.resize(target(plan.size())); }

 private:
  image::Size size_;  // width 0: height is what the shorter side becomes
};

}  // namespace hearth
