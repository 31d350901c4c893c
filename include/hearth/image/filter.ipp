#pragma once

#include <hearth/image/filter.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/blend.hpp>
#include <hearth/image/color_kernels.hpp>

namespace hearth::image {

namespace detail {

struct SharpnessMemory {
  std::vector<std::uint8_t> above;
  std::vector<std::uint8_t> here;
  std::vector<std::uint8_t> smooth;
};

/// torchvision's _get_gaussian_kernel1d: in float, summing to 1.
inline std::vector<float> gaussian_kernel(int size, double sigma) {
  std::vector<float> kernel;
  float sum = 0;
  for (int i = 0; i < size; ++i) {
    const float x = static_cast<float>(i - size / 2) / static_cast<float>(sigma);
    sum += kernel.emplace_back(std::exp(-0.5F * (x * x)));
  }
  for (float& weight : kernel) {
    weight /= sum;
  }
  return kernel;
}

/// Which of `size` pixels lies at `position`, where the image is reflected without repeating the border.
inline int reflected(int position, int size) noexcept {
  return size - 1 - std::abs(size - 1 - std::abs(position));
}

/// sum[i] = Σ over t of kernel[t] * line_of(t)[i]
template <class LineOf>
void weigh(const std::vector<float>& kernel, std::size_t count, float* sum, LineOf line_of) {
  std::fill_n(sum, count, 0.0F);
  for (std::size_t t = 0; t < kernel.size(); ++t) {
    const float weight = kernel[t];
    const float* const line = line_of(t);
    for (std::size_t i = 0; i < count; ++i) {
      sum[i] += weight * line[i];
    }
  }
}

/// The nearest integer, half to even, of a value from 0 to 255 and a little beyond: at 1.5 * 2^23 a float has no
/// fraction left. Unlike std::nearbyint, every processor does this for several values at once.
inline std::uint8_t rounded(float value) noexcept {
  constexpr float shift = 12582912.0F;
  return static_cast<std::uint8_t>((value + shift) - shift);
}

}  // namespace detail

HEARTH_INLINE void adjust_sharpness(Image& image, double factor) {
  const Blend blend("adjust_sharpness", factor);
  if (image.height() < 3 || image.width() < 3) {
    return;
  }
  const std::ptrdiff_t pixel = image.channels();
  const std::ptrdiff_t stride = image.stride();
  const std::ptrdiff_t inner = stride - 2 * pixel;
  // Rows are changed in place, so the one above and the one itself are kept as they were.
  const core::ThreadSpare<detail::SharpnessMemory> memory;
  memory->above.assign(image.row(0), image.row(0) + stride);
  memory->smooth.resize(static_cast<std::size_t>(inner));
  for (int y = 1; y + 1 < image.height(); ++y) {
    std::uint8_t* const row = image.row(y);
    memory->here.assign(row, row + stride);
    smooth_values(memory->above.data() + pixel, row + pixel, image.row(y + 1) + pixel, pixel, inner,
                  memory->smooth.data());
    blend_values(blend, memory->smooth.data(), row + pixel, static_cast<std::size_t>(inner));
    memory->above.swap(memory->here);
  }
}

HEARTH_INLINE void gaussian_blur(Image& image, Size kernel, double sigma) {
  core::require(kernel.height > 0 && kernel.width > 0 && kernel.height % 2 == 1 && kernel.width % 2 == 1,
                "gaussian_blur: the kernel's sides must be odd and positive, but got {} x {}", kernel.height,
                kernel.width);
  core::require(std::isfinite(sigma) && sigma > 0, "gaussian_blur: sigma must be positive, but got {}", sigma);
  const int up = kernel.height / 2;
  const int left = kernel.width / 2;
  core::require(up < image.height() && left < image.width(),
                "gaussian_blur: a kernel of {} x {} reaches beyond the reflection of an image of {} x {} pixels",
                kernel.height, kernel.width, image.height(), image.width());
  const std::vector<float> weights_down = detail::gaussian_kernel(kernel.height, sigma);
  const std::vector<float> weights_across = detail::gaussian_kernel(kernel.width, sigma);
  const int channels = image.channels();
  const auto row_values = static_cast<std::size_t>(image.stride());
  std::vector<float> padded(row_values + static_cast<std::size_t>(2 * left * channels));
  std::vector<float> sums(row_values);
  // Rows are blurred across when the first below needs them, and the kernel's height of them is kept: row y in slot
  // y % kernel.height. What has been written is never read again.
  std::vector<float> across(row_values * static_cast<std::size_t>(kernel.height));
  const auto slot = [&](int y) { return across.data() + row_values * static_cast<std::size_t>(y % kernel.height); };
  const auto blur_across = [&](int y) {
    const std::uint8_t* const row = image.row(y);
    float* out = padded.data();
    for (int x = -left; x < image.width() + left; ++x, out += channels) {
      std::copy_n(row + std::ptrdiff_t{detail::reflected(x, image.width())} * channels, channels, out);
    }
    detail::weigh(weights_across, row_values, slot(y),
                  [&](std::size_t t) { return padded.data() + t * static_cast<std::size_t>(channels); });
  };
  for (int y = 0; y < up; ++y) {
    blur_across(y);
  }
  for (int y = 0; y < image.height(); ++y) {
    if (y + up < image.height()) {
      blur_across(y + up);
    }
    detail::weigh(weights_down, row_values, sums.data(),
                  [&](std::size_t t) { return slot(detail::reflected(y - up + static_cast<int>(t), image.height())); });
    std::transform(sums.begin(), sums.end(), image.row(y), detail::rounded);
  }
}

}  // namespace hearth::image
