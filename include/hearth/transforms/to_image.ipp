#pragma once

#include <hearth/transforms/to_image.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Image to_image(const at::Tensor& sample, std::span<const double> mean, std::span<const double> std) {
  core::require(sample.defined() && sample.dim() == 3 && sample.numel() > 0,
                "to_image: a sample must be [channels, height, width], but has {} dimensions",
                sample.defined() ? sample.dim() : 0);
  const auto channels = static_cast<std::size_t>(sample.size(0));
  core::require(mean.size() == std.size() && (mean.size() <= 1 || mean.size() == channels),
                "to_image: a sample of {} channels needs as many means and deviations, or one, but got {} and {}",
                channels, mean.size(), std.size());
  const at::Tensor values = sample.detach().to(at::kCPU).to(at::kFloat).contiguous();
  Image image(static_cast<int>(values.size(1)), static_cast<int>(values.size(2)), static_cast<int>(channels));
  const std::size_t pixels = static_cast<std::size_t>(values.size(1)) * static_cast<std::size_t>(values.size(2));
  std::uint8_t* const out = image.row(0);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const std::size_t i = mean.size() == 1 ? 0 : channel;
    const double scale = mean.empty() ? 1 : std[i];
    const double shift = mean.empty() ? 0 : mean[i];
    const float* const from = values.const_data_ptr<float>() + channel * pixels;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      const double value = std::clamp((double{from[pixel]} * scale + shift) * 255.0, 0.0, 255.0);
      out[pixel * channels + channel] = static_cast<std::uint8_t>(std::isnan(value) ? 0 : std::lround(value));
    }
  }
  return image;
}

}  // namespace hearth
