/// Images sharpened or blurred.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::image {

/// Between a smoothed version of the image (0) and the image (1), or beyond, in place and for any number of channels:
/// torchvision's adjust_sharpness of a PIL image. The smoothed version is that of Pillow's ImageFilter.SMOOTH, whose
/// border of one pixel is the image's own; an image that is lower or narrower than 3 stays as it is. Throws Error
/// unless the factor is finite and not negative.
void adjust_sharpness(Image& image, double factor);

/// Blurs in place, any number of channels, with a Gaussian kernel of the given height and width and of standard
/// deviation `sigma` in pixels; beyond its border the image is reflected. torchvision's gaussian_blur: float
/// arithmetic, rounded half to even, so a value may differ by 1 where the two sum up in another order. Throws Error
/// unless the kernel's sides are odd and positive, sigma is positive, and the image's sides are more than half the
/// kernel's.
void gaussian_blur(Image& image, Size kernel, double sigma);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/filter.ipp>
#endif
