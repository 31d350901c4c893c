/// Images sharpened or blurred, at random.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/interval.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Makes an image sharper or softer with probability `p`, as torchvision's RandomAdjustSharpness: factor 0 smoothes it,
/// 1 leaves it as it is, 2 sharpens it. One draw: bernoulli(p).
class RandomAdjustSharpness {
 public:
  /// Throws Error unless `p` is from 0 to 1 and the factor finite and not negative.
  explicit RandomAdjustSharpness(double sharpness_factor, double p = 0.5);

  /// Whether an image changes.
  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double sharpness_factor_;
  double p_;
};

/// Blurs each image with a Gaussian kernel of random deviation, as torchvision's GaussianBlur. One draw: the standard
/// deviation in pixels, uniform in `sigma`. An image with a side of half the kernel's or less is an Error.
class GaussianBlur {
 public:
  /// A square kernel, or one of this height and width (torchvision has the width first). Throws Error unless the sides
  /// are odd and positive and `sigma` is positive, the lower bound first.
  explicit GaussianBlur(int kernel_size, transforms::Interval sigma = {0.1, 2.0})
      : GaussianBlur(image::Size{kernel_size, kernel_size}, sigma) {}
  explicit GaussianBlur(image::Size kernel_size, transforms::Interval sigma = {0.1, 2.0});

  /// Always the same deviation.
  explicit GaussianBlur(int kernel_size, double sigma)
      : GaussianBlur(kernel_size, transforms::Interval{sigma, sigma}) {}
  explicit GaussianBlur(image::Size kernel_size, double sigma)
      : GaussianBlur(kernel_size, transforms::Interval{sigma, sigma}) {}

  /// Draws the deviation.
  double draw(RandomStream& random) const noexcept { return random.uniform(sigma_.low, sigma_.high); }

  void apply(Image& image, RandomStream& random) const;

 private:
  image::Size kernel_size_;
  transforms::Interval sigma_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/filter.ipp>
#endif
