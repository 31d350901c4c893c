#pragma once

#include <hearth/transforms/flip.hpp>

#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE RandomHorizontalFlip::RandomHorizontalFlip(double p)
    : p_(transforms::checked_probability("RandomHorizontalFlip", p)) {}

HEARTH_INLINE void RandomHorizontalFlip::plan(transforms::Plan& plan, RandomStream& random) const {
  if (random.bernoulli(p_)) {
    plan.flip_horizontal();
  }
}

HEARTH_INLINE RandomVerticalFlip::RandomVerticalFlip(double p)
    : p_(transforms::checked_probability("RandomVerticalFlip", p)) {}

HEARTH_INLINE void RandomVerticalFlip::plan(transforms::Plan& plan, RandomStream& random) const {
  if (random.bernoulli(p_)) {
    plan.flip_vertical();
  }
}

}  // namespace hearth
