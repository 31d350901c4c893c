/// Pictures mirrored, at random.
#pragma once

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Mirrors left and right with probability `p`, as torchvision's RandomHorizontalFlip. One draw: bernoulli(p).
class RandomHorizontalFlip {
 public:
  explicit RandomHorizontalFlip(double p = 0.5) : p_(p) {
    core::require(p >= 0.0 && p <= 1.0, "RandomHorizontalFlip: p must be within 0 and 1, but got {}", p);
  }

  void plan(transforms::Plan& plan, RandomStream& random) const {
    if (random.bernoulli(p_)) {
      plan.flip_horizontal();
    }
  }

 private:
  double p_;
};

/// Mirrors top and bottom with probability `p`, as torchvision's RandomVerticalFlip. One draw: bernoulli(p).
class RandomVerticalFlip {
 public:
  explicit RandomVerticalFlip(double p = 0.5) : p_(p) {
    core::require(p >= 0.0 && p <= 1.0, "RandomVerticalFlip: p must be within 0 and 1, but got {}", p);
  }

  void plan(transforms::Plan& plan, RandomStream& random) const {
    if (random.bernoulli(p_)) {
      plan.flip_vertical();
    }
  }

 private:
  double p_;
};

}  // namespace hearth
