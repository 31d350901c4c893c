/// Brightness, contrast, saturation and hue of images, and grey ones, to the pixel as Pillow makes them.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::image {

// All of these change the image in place. Brightness is for any number of channels; the others are for 1 (grey) and 3
// (RGB), and throw Error at another number. Factors are finite and not negative (Error): 1 leaves the image as it is,
// and what lies beyond 0 … 255 is clipped. Arithmetic is that of Image.blend of Pillow 13 (src/libImaging/Blend.c).

/// Makes the image grey, PIL's convert("L"), with `channels` equal channels, 1 or 3; torchvision's rgb_to_grayscale. A
/// grey image keeps its values.
void to_grayscale(Image& image, int channels);

/// Between black (0) and the image, or beyond; torchvision's adjust_brightness.
void adjust_brightness(Image& image, double factor);

/// Between the mean of its grey values (0) and the image, or beyond; torchvision's adjust_contrast.
void adjust_contrast(Image& image, double factor);

/// Between its grey version (0) and the image, or beyond; torchvision's adjust_saturation. A grey image stays as it is.
void adjust_saturation(Image& image, double factor);

/// Turns the hue by `factor` of the circle, from -0.5 to 0.5 (Error), in eight-bit HSV (PIL's convert("HSV")), which
/// loses a little even where the factor is 0; torchvision's adjust_hue. A grey image stays as it is.
void adjust_hue(Image& image, double factor);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/color.ipp>
#endif
