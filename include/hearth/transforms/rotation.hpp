/// Images turned, at random.
#pragma once

#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/affine.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/interval.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

struct RandomRotationOptions {
  Interpolation interpolation = Interpolation::nearest;
  /// The result is so large that all of the turned image is in it, and not of the image's own size. (It is then of
  /// another size for each angle, so a Resize or a crop should follow.)
  bool expand = false;
  /// What stays where it is, in pixels from the upper left corner; the middle, unless another point is given.
  std::optional<image::Point> center = std::nullopt;
  transforms::Fill fill = 0;
};

/// Turns by a random angle, as torchvision's RandomRotation: counter-clockwise, in degrees. One draw: the angle,
/// uniform in `degrees`. A turn about the middle by 0 or 180 degrees is part of the pass that writes the sample.
class RandomRotation {
 public:
  /// An angle from -degrees to degrees. Throws Error when `degrees` is negative or an option makes no sense.
  explicit RandomRotation(double degrees, const RandomRotationOptions& options = {});
  explicit RandomRotation(transforms::Interval degrees, const RandomRotationOptions& options = {});

  /// Draws the angle.
  double draw(RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  transforms::Interval degrees_;
  RandomRotationOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/rotation.ipp>
#endif
