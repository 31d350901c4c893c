#pragma once

#include <hearth/transforms/affine.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE RandomAffine::RandomAffine(double degrees, const RandomAffineOptions& options)
    : RandomAffine(transforms::symmetric(degrees, "RandomAffine: degrees"), options) {}

HEARTH_INLINE RandomAffine::RandomAffine(transforms::Interval degrees, const RandomAffineOptions& options)
    : degrees_(degrees), options_(options) {
  transforms::check_interval(degrees, "RandomAffine: degrees");
  if (options.translate) {
    const auto [x, y] = *options.translate;
    core::require(x >= 0 && x <= 1 && y >= 0 && y <= 1,
                  "RandomAffine: translate must be within 0 and 1, shares of the width and height, but got {} and {}",
                  x, y);
  }
  if (options.scale) {
    transforms::check_interval(*options.scale, "RandomAffine: scale");
    core::require(options.scale->low > 0, "RandomAffine: scale must be positive, but got {} to {}", options.scale->low,
                  options.scale->high);
  }
  if (options.shear) {
    transforms::check_interval(options.shear->x, "RandomAffine: shear");
    transforms::check_interval(options.shear->y.value_or(transforms::Interval{}), "RandomAffine: shear along y");
  }
  options.fill.check("RandomAffine");
}

HEARTH_INLINE image::AffineParameters RandomAffine::draw(image::Size from, RandomStream& random) const {
  const auto uniform = [&](transforms::Interval interval) { return random.uniform(interval.low, interval.high); };
  image::AffineParameters drawn;
  drawn.angle = uniform(degrees_);
  if (options_.translate) {
    const double across = options_.translate->x * from.width;
    const double down = options_.translate->y * from.height;
    drawn.translate.x = std::nearbyint(uniform({-across, across}));
    drawn.translate.y = std::nearbyint(uniform({-down, down}));
  }
  if (options_.scale) {
    drawn.scale = uniform(*options_.scale);
  }
  if (options_.shear) {
    drawn.shear.x = uniform(options_.shear->x);
    drawn.shear.y = options_.shear->y ? uniform(*options_.shear->y) : 0.0;
  }
  return drawn;
}

HEARTH_INLINE void RandomAffine::plan(transforms::Plan& plan, RandomStream& random) const {
  const image::Size size = plan.size();
  const image::AffineParameters drawn = draw(size, random);
  if (drawn == image::AffineParameters{.translate = drawn.translate} && !options_.center && options_.fill.is_black()) {
    plan.crop({-static_cast<int>(drawn.translate.y), -static_cast<int>(drawn.translate.x), size.height, size.width});
    return;
  }
  const image::Point center = options_.center.value_or(image::Point{size.width * 0.5, size.height * 0.5});
  const image::AffineMatrix matrix = image::inverse_matrix(drawn, center);
  const std::span<const std::uint8_t> fill = options_.fill.pixel(plan.channels(), "RandomAffine");
  plan.remake([&](const ImageView& source, Image& out) {
    image::affine(source, size, matrix, options_.interpolation, fill, out);
  });
}

}  // namespace hearth
