#pragma once

#include <hearth/transforms/rotation.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/rotate.hpp>

namespace hearth {

HEARTH_INLINE RandomRotation::RandomRotation(double degrees, const RandomRotationOptions& options)
    : RandomRotation(transforms::symmetric(degrees, "RandomRotation: degrees"), options) {}

HEARTH_INLINE RandomRotation::RandomRotation(transforms::Interval degrees, const RandomRotationOptions& options)
    : degrees_(degrees), options_(options) {
  transforms::check_interval(degrees, "RandomRotation: degrees");
  options.fill.check("RandomRotation");
}

HEARTH_INLINE double RandomRotation::draw(RandomStream& random) const {
  return random.uniform(degrees_.low, degrees_.high);
}

HEARTH_INLINE void RandomRotation::plan(transforms::Plan& plan, RandomStream& random) const {
  const double angle = draw(random);
  const double turn = image::whole_turns_removed(angle);
  if (!options_.center && (turn == 0.0 || turn == 180.0)) {
    if (turn == 180.0) {
      plan.flip_horizontal();
      plan.flip_vertical();
    }
    return;
  }
  const image::Rotation rotation{angle, options_.interpolation, options_.expand, options_.center};
  const std::span<const std::uint8_t> fill = options_.fill.pixel(plan.channels(), "RandomRotation");
  plan.remake([&](const ImageView& from, Image& to) { image::rotate(from, rotation, fill, to); });
}

}  // namespace hearth
