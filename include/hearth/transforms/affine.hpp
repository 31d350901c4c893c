/// Images turned, moved, scaled and sheared, at random.
#pragma once

#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/affine.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/interval.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth::transforms {

/// Angles in degrees to shear by: `{10}` is -10 … 10 along x, `{low, high}` along x, `{x_low, x_high, y_low, y_high}`
/// along both, as torchvision takes them.
struct Shear {
  constexpr Shear(double most) : x{-most, most} {}
  constexpr Shear(double low, double high) : x{low, high} {}
  constexpr Shear(double x_low, double x_high, double y_low, double y_high)
      : x{x_low, x_high}, y(Interval{y_low, y_high}) {}

  Interval x;
  std::optional<Interval> y;
};

}  // namespace hearth::transforms

namespace hearth {

struct RandomAffineOptions {
  /// How far an image may move, as shares of its width (x) and height (y): within 0 and 1.
  std::optional<image::Point> translate = std::nullopt;
  /// The factors to scale by.
  std::optional<transforms::Interval> scale = std::nullopt;
  std::optional<transforms::Shear> shear = std::nullopt;  ///< the angles to shear by, in degrees
  Interpolation interpolation = Interpolation::nearest;
  transforms::Fill fill = 0;
  /// What stays where it is, in pixels from the upper left corner; the middle, unless another point is given.
  std::optional<image::Point> center = std::nullopt;
};

/// Turns, moves, scales and shears, as torchvision's RandomAffine: clockwise, in degrees. Draws the angle, uniform in
/// `degrees`; with `translate`, the way across and then down, uniform between minus and plus that share, and rounded to
/// whole pixels; with `scale`, the factor; with `shear`, the angle along x, then that along y if there is one. What
/// only moves, over black, is part of the pass that writes the sample.
class RandomAffine {
 public:
  /// An angle from -degrees to degrees. Throws Error when `degrees` is negative or an option makes no sense.
  explicit RandomAffine(double degrees, const RandomAffineOptions& options = {});
  explicit RandomAffine(transforms::Interval degrees, const RandomAffineOptions& options = {});

  /// Draws what to do to an image of size `from`.
  image::AffineParameters draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  transforms::Interval degrees_;
  RandomAffineOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/affine.ipp>
#endif
