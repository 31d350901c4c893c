/// Parts of images: the middle, and random ones that are resized.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/interval.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Keeps the middle, as torchvision's CenterCrop does; a side that is shorter than wanted is padded with zeros, on the
/// right and below by one more where the padding is odd. Draws nothing.
class CenterCrop {
 public:
  /// Throws Error unless the sides are at least 1.
  explicit CenterCrop(int size) : CenterCrop(image::Size{size, size}) {}
  explicit CenterCrop(image::Size size);

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Size size_;
};

/// The options of `RandomResizedCrop`.
struct RandomResizedCropOptions {
  transforms::Interval scale{0.08, 1.0};             ///< the share of the image's area that a crop has
  transforms::Interval ratio{3.0 / 4.0, 4.0 / 3.0};  ///< of width to height
  Interpolation interpolation = Interpolation::bilinear;
};

/// Cuts out a part of random area, ratio and position and resizes it to `size`, as torchvision's RandomResizedCrop.
///
/// Draws, in this order, until a crop fits, ten times at most: the area's share, uniform in scale; the ratio, the
/// exponential of a uniform number in log(ratio); and where width and height fit the image, their corner's row, then
/// its column, below() each. When none fits, the crop is the middle, as much of it as the ratio allows.
class RandomResizedCrop {
 public:
  /// Throws Error unless the sides are at least 1 and the intervals positive.
  explicit RandomResizedCrop(int size, const RandomResizedCropOptions& options = {})
      : RandomResizedCrop(image::Size{size, size}, options) {}
  explicit RandomResizedCrop(image::Size size, const RandomResizedCropOptions& options = {});

  /// Draws the part of an image of size `from` to cut out.
  image::Rect draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Rect middle(image::Size from) const noexcept;

  image::Size size_;
  RandomResizedCropOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/crop.ipp>
#endif
