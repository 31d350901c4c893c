#pragma once

#include <hearth/transforms/perspective.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE RandomPerspective::RandomPerspective(const RandomPerspectiveOptions& options) : options_(options) {
  core::require(options.distortion_scale >= 0.0 && options.distortion_scale <= 1.0,
                "RandomPerspective: distortion_scale must be within 0 and 1, but got {}", options.distortion_scale);
  transforms::checked_probability("RandomPerspective", options.p);
  options.fill.check("RandomPerspective");
}

HEARTH_INLINE std::optional<image::Corners> RandomPerspective::draw(image::Size from, RandomStream& random) const {
  if (!random.bernoulli(options_.p)) {
    return std::nullopt;
  }
  const auto inwards = [&](int side) {
    return static_cast<double>(random.below(static_cast<std::uint64_t>(options_.distortion_scale * (side / 2)) + 1));
  };
  // The far corners' lowest place comes first in torchvision's interval, so its draw counts from there.
  const auto from_far = [&](int side) {
    const int most = static_cast<int>(options_.distortion_scale * (side / 2));
    return side - most - 1 + inwards(side);
  };
  image::Corners corners;
  corners[0].x = inwards(from.width);
  corners[0].y = inwards(from.height);
  corners[1].x = from_far(from.width);
  corners[1].y = inwards(from.height);
  corners[2].x = from_far(from.width);
  corners[2].y = from_far(from.height);
  corners[3].x = inwards(from.width);
  corners[3].y = from_far(from.height);
  return corners;
}

HEARTH_INLINE void RandomPerspective::plan(transforms::Plan& plan, RandomStream& random) const {
  const image::Size size = plan.size();
  const std::optional<image::Corners> to = draw(size, random);
  if (!to || size.height == 1 || size.width == 1) {
    return;
  }
  const double right = size.width - 1.0;
  const double bottom = size.height - 1.0;
  const image::Corners from{{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}};
  const image::PerspectiveCoefficients coefficients = image::perspective_coefficients(from, *to);
  const std::span<const std::uint8_t> fill = options_.fill.pixel(plan.channels(), "RandomPerspective");
  plan.remake([&](const ImageView& source, Image& out) {
    image::perspective(source, coefficients, options_.interpolation, fill, out);
  });
}

}  // namespace hearth
