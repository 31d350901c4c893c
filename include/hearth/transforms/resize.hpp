/// Images of another size.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Resizes, antialiased and bilinear, as torchvision's Resize does: to a height and width, or, given one number, so
/// that the shorter side has it and the longer one int(size * longer / shorter). Draws nothing.
class Resize {
 public:
  /// Throws Error unless the sides are at least 1.
  explicit Resize(int shorter_side);
  explicit Resize(image::Size size);

  /// The size that an image of size `from` becomes.
  image::Size target(image::Size from) const noexcept;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Size size_;  // width 0: height is what the shorter side becomes
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/resize.ipp>
#endif
