/// From floats back to bytes: a sample as people can look at it.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// The image that ToTensor and Normalize{mean, std} have made this sample of: value * std + mean in each channel, times
/// 255, rounded, and cut off below 0 and above 255. `sample` is [channels, height, width] of floats on any device;
/// one mean and deviation serve all channels, and none at all undo ToTensor alone. Python: torchvision.utils.save_image
/// after the same arithmetic. Throws Error at a sample of another shape, and when there are not as many means and
/// deviations as channels.
Image to_image(const at::Tensor& sample, std::span<const double> mean = {}, std::span<const double> std = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/to_image.ipp>
#endif
