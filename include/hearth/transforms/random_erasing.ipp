#pragma once

#include <hearth/transforms/random_erasing.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/transforms/probability.hpp>

namespace hearth {

HEARTH_INLINE RandomErasing::RandomErasing(RandomErasingOptions options) : options_(std::move(options)) {
  transforms::checked_probability("RandomErasing", options_.p);
  const transforms::Interval scale = options_.scale;
  const transforms::Interval ratio = options_.ratio;
  core::require(scale.low >= 0 && scale.low <= scale.high && scale.high <= 1,
                "RandomErasing: scale must be within 0 and 1, the lower bound first, but got {} to {}", scale.low,
                scale.high);
  core::require(ratio.low > 0 && ratio.low <= ratio.high && std::isfinite(ratio.high),
                "RandomErasing: ratio must be positive, the lower bound first, but got {} to {}", ratio.low,
                ratio.high);
}

HEARTH_INLINE std::optional<image::Rect> RandomErasing::draw(image::Size from, RandomStream& random) const {
  if (!random.bernoulli(options_.p)) {
    return std::nullopt;
  }
  const double area = static_cast<double>(from.height) * from.width;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double erased = area * random.uniform(options_.scale.low, options_.scale.high);
    const double ratio = std::exp(random.uniform(std::log(options_.ratio.low), std::log(options_.ratio.high)));
    const double height = std::nearbyint(std::sqrt(erased * ratio));
    const double width = std::nearbyint(std::sqrt(erased / ratio));
    if (height < from.height && width < from.width) {
      image::Rect rect{0, 0, static_cast<int>(height), static_cast<int>(width)};
      rect.top = static_cast<int>(random.below(static_cast<std::uint64_t>(from.height - rect.height) + 1));
      rect.left = static_cast<int>(random.below(static_cast<std::uint64_t>(from.width - rect.width) + 1));
      return rect;
    }
  }
  return std::nullopt;
}

HEARTH_INLINE void RandomErasing::apply(const SamplePlace& sample, RandomStream& random) const {
  core::require(sample.shape.rank() == 3, "RandomErasing: a sample of shape {} is no image", sample.shape.to_string());
  const std::vector<double>& values = options_.value.values();
  const auto channels = static_cast<std::size_t>(sample.shape[0]);
  core::require(values.size() <= 1 || values.size() == channels,
                "RandomErasing: value has {} numbers, but the image has {} channel{}", values.size(), channels,
                channels == 1 ? "" : "s");
  const auto height = static_cast<int>(sample.shape[1]);
  const auto width = static_cast<int>(sample.shape[2]);
  const std::optional<image::Rect> rect = draw({height, width}, random);
  if (!rect) {
    return;
  }
  const bool last = sample.layout == Layout::channels_last;
  const std::ptrdiff_t next_channel = last ? 1 : std::ptrdiff_t{height} * width;
  const std::ptrdiff_t next_pixel = last ? static_cast<std::ptrdiff_t>(channels) : 1;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const float value = values.empty() ? 0.0F : static_cast<float>(values[values.size() == 1 ? 0 : channel]);
    for (int y = rect->top; y < rect->top + rect->height; ++y) {
      float* out = sample.data + static_cast<std::ptrdiff_t>(channel) * next_channel +
                   (std::ptrdiff_t{y} * width + rect->left) * next_pixel;
      for (int x = 0; x < rect->width; ++x, out += next_pixel) {
        *out = values.empty() ? static_cast<float>(random.normal()) : value;
      }
    }
  }
}

}  // namespace hearth
