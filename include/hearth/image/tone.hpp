/// Images whose values are mapped one by one: inverted, coarser, equalized or stretched, as Pillow's ImageOps do.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth::image {

// All of these change the image in place, each channel by itself, however many there are. Arithmetic is of integers, or
// of doubles as in Pillow 13 (src/PIL/ImageOps.py).

/// 255 - value.
void invert(Image& image);

/// Keeps the upper `bits` bits of each value, 1 to 8 (Error).
void posterize(Image& image, int bits);

/// Inverts the values that are at least `threshold`.
void solarize(Image& image, double threshold);

/// Spreads the values so that they are about equally frequent.
void equalize(Image& image);

/// Stretches the values so that the least becomes 0 and the greatest 255; a channel of one value stays as it is.
void autocontrast(Image& image);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/tone.ipp>
#endif
