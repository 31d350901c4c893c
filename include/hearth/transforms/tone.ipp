#pragma once

#include <hearth/transforms/tone.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/image/tone.hpp>
#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE RandomInvert::RandomInvert(double p) : p_(transforms::checked_probability("RandomInvert", p)) {}

HEARTH_INLINE void RandomInvert::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([](Image& image) { image::invert(image); });
  }
}

HEARTH_INLINE RandomPosterize::RandomPosterize(int bits, double p)
    : bits_(bits), p_(transforms::checked_probability("RandomPosterize", p)) {
  core::require(bits >= 1 && bits <= 8, "RandomPosterize: bits must be within 1 and 8, but got {}", bits);
}

HEARTH_INLINE void RandomPosterize::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([this](Image& image) { image::posterize(image, bits_); });
  }
}

HEARTH_INLINE RandomSolarize::RandomSolarize(double threshold, double p)
    : threshold_(threshold), p_(transforms::checked_probability("RandomSolarize", p)) {
  core::require(!std::isnan(threshold), "RandomSolarize: threshold must be a number, but got {}", threshold);
}

HEARTH_INLINE void RandomSolarize::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([this](Image& image) { image::solarize(image, threshold_); });
  }
}

HEARTH_INLINE RandomEqualize::RandomEqualize(double p) : p_(transforms::checked_probability("RandomEqualize", p)) {}

HEARTH_INLINE void RandomEqualize::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([](Image& image) { image::equalize(image); });
  }
}

HEARTH_INLINE RandomAutocontrast::RandomAutocontrast(double p)
    : p_(transforms::checked_probability("RandomAutocontrast", p)) {}

HEARTH_INLINE void RandomAutocontrast::plan(transforms::Plan& plan, RandomStream& random) const {
  if (draw(random)) {
    plan.edit([](Image& image) { image::autocontrast(image); });
  }
}

}  // namespace hearth
