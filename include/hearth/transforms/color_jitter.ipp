#pragma once

#include <hearth/transforms/color_jitter.hpp>

#include <cstddef>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/image/color.hpp>

namespace hearth {

namespace detail {

/// The interval that `jitter` allows about `center`, from `low` to `high`; nothing where it holds only `center`.
inline std::optional<transforms::Interval> jitter_interval(std::string_view name, const transforms::Jitter& jitter,
                                                           double center, double low, double high) {
  const transforms::Interval interval = jitter.about(center, low);
  core::require(interval.low >= low && interval.low <= interval.high && interval.high <= high,
                "ColorJitter: {} must be a number of at least 0 or an interval, the lower bound first, within {} and "
                "{}, but allows {} to {}",
                name, low, high, interval.low, interval.high);
  if (interval == transforms::Interval{center, center}) {
    return std::nullopt;
  }
  return interval;
}

}  // namespace detail

HEARTH_INLINE ColorJitter::ColorJitter(const ColorJitterOptions& options) {
  constexpr double most = 1e6;  // far beyond what leaves anything to see
  intervals_ = {detail::jitter_interval("brightness", options.brightness, 1, 0, most),
                detail::jitter_interval("contrast", options.contrast, 1, 0, most),
                detail::jitter_interval("saturation", options.saturation, 1, 0, most),
                detail::jitter_interval("hue", options.hue, 0, -0.5, 0.5)};
}

HEARTH_INLINE ColorJitter::Params ColorJitter::draw(RandomStream& random) const {
  Params params;
  core::shuffle(params.order, random);
  const auto draw_factor = [&](std::size_t quantity, std::optional<double>& factor) {
    if (const auto& interval = intervals_[quantity]) {
      factor = random.uniform(interval->low, interval->high);
    }
  };
  draw_factor(0, params.brightness);
  draw_factor(1, params.contrast);
  draw_factor(2, params.saturation);
  draw_factor(3, params.hue);
  return params;
}

HEARTH_INLINE void ColorJitter::apply(Image& image, const Params& params) {
  for (const int quantity : params.order) {
    if (quantity == 0 && params.brightness) {
      image::adjust_brightness(image, *params.brightness);
    } else if (quantity == 1 && params.contrast) {
      image::adjust_contrast(image, *params.contrast);
    } else if (quantity == 2 && params.saturation) {
      image::adjust_saturation(image, *params.saturation);
    } else if (quantity == 3 && params.hue) {
      image::adjust_hue(image, *params.hue);
    }
  }
}

}  // namespace hearth
