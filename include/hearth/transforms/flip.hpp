/// Images mirrored, at random.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Mirrors left and right with probability `p`, as torchvision's RandomHorizontalFlip. One draw: bernoulli(p).
class RandomHorizontalFlip {
 public:
  /// Throws Error unless `p` is from 0 to 1.
  explicit RandomHorizontalFlip(double p = 0.5);

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

/// Mirrors top and bottom with probability `p`, as torchvision's RandomVerticalFlip. One draw: bernoulli(p).
class RandomVerticalFlip {
 public:
  /// Throws Error unless `p` is from 0 to 1.
  explicit RandomVerticalFlip(double p = 0.5);

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/flip.ipp>
#endif
