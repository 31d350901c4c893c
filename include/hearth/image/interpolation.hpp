/// How the pixels of a resized, rotated or warped image come out of those around them.
#pragma once

namespace hearth {

/// torchvision's InterpolationMode NEAREST, BILINEAR and BICUBIC, as they are on PIL images: Resize takes as many
/// pixels as lie in one of the smaller image (antialiased); rotations and the like take 1, 2 x 2 and 4 x 4.
enum class Interpolation { nearest, bilinear, bicubic };

}  // namespace hearth
