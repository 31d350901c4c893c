#pragma once

#include <hearth/transforms/flip.hpp>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE RandomHorizontalFlip::RandomHorizontalFlip(double p) : p_(p) {
  core::require(p >= 0.0 && p <= 1.0, "RandomHorizontalFlip: p must be within 0 and 1, but got {}", p);
}

HEARTH_INLINE void RandomHorizontalFlip::plan(transforms::Plan& plan, RandomStream& random) const {
  if (random.bernoulli(p_)) {
    plan.flip_horizontal();
  }
}

HEARTH_INLINE RandomVerticalFlip::RandomVerticalFlip(double p) : p_(p) {
  core::require(p >= 0.0 && p <= 1.0, "RandomVerticalFlip: p must be within 0 and 1, but got {}", p);
}

HEARTH_INLINE void RandomVerticalFlip::plan(transforms::Plan& plan, RandomStream& random) const {
  if (random.bernoulli(p_)) {
    plan.flip_vertical();
  }
}

}  // namespace hearth
