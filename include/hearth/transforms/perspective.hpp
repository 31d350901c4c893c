/// Images seen from the side, at random.
#pragma once

#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/image/perspective.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

struct RandomPerspectiveOptions {
  /// How far a corner may move, of the half of the width and of the height: 0 … 1.
  double distortion_scale = 0.5;
  /// How probable it is that an image is distorted.
  double p = 0.5;
  Interpolation interpolation = Interpolation::bilinear;
  transforms::Fill fill = 0;
};

/// Moves the corners of the image inwards, as torchvision's RandomPerspective. Draws bernoulli(p); where that is true,
/// how many pixels each corner moves, across and then down, below() each: upper left, upper right, lower right, lower
/// left. An image of one row or column stays as it is.
class RandomPerspective {
 public:
  /// Throws Error when an option makes no sense.
  explicit RandomPerspective(const RandomPerspectiveOptions& options = {});

  /// Draws where the corner pixels of an image of size `from` move to; nothing where it stays as it is.
  std::optional<image::Corners> draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  RandomPerspectiveOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/perspective.ipp>
#endif
