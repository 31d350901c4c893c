/// Resizing as PIL does it: antialiased, bilinear, equal to Pillow's Image.resize(…, BILINEAR) in every bit.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// The whole image at another size, of the channels it has. Throws Error when a side of either is not positive.
Image resize_bilinear(const ImageView& source, image::Size resized);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/image/resample.ipp>
#endif
