/// Resizing as PIL does it, equal to Pillow's Image.resize in every bit: antialiased where it interpolates.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth {

/// The whole image at another size, of the channels it has. Throws Error when a side of either is not positive.
Image resize_image(const ImageView& source, image::Size resized, Interpolation interpolation);

/// The same, antialiased and bilinear.
Image resize_bilinear(const ImageView& source, image::Size resized);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/resample.ipp>
#endif
