/// Images rotated, scaled, sheared and moved: equal to PIL's Image.transform(size, AFFINE, …).
#pragma once

#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/affine_matrix.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth::image {

/// The image of size `size` whose pixels lie in `source` where `inverse` says; those outside become `fill`, which has
/// a byte for each channel, or one for all (none: 0). Equal to Pillow 13's result in every bit where the processor's
/// multiplications are not fused with additions: nearest rounds to 1/65536 of a pixel as long as the positions are
/// below 32768; bilinear and bicubic round towards 0. Each channel is computed by itself, also one that holds alpha.
///
/// Throws Error when the image or `size` has no pixels, or `fill` fits neither.
Image affine(const ImageView& source, Size size, const AffineMatrix& inverse, Interpolation interpolation,
             std::span<const std::uint8_t> fill = {});

/// The same, in the memory that `out` has.
void affine(const ImageView& source, Size size, const AffineMatrix& inverse, Interpolation interpolation,
            std::span<const std::uint8_t> fill, Image& out);

/// What torchvision's functional.affine does to an image: degrees clockwise, pixels to move by, a factor, and the
/// degrees of a shear along each axis.
struct AffineParameters {
  double angle = 0;
  Point translate = {};
  double scale = 1;
  Point shear = {};
  friend constexpr bool operator==(const AffineParameters&, const AffineParameters&) = default;
};

/// The inverse matrix of these, about `center`: that of torchvision's functional.affine on PIL images, where the center
/// is (width / 2, height / 2) unless another one is given.
AffineMatrix inverse_matrix(const AffineParameters& parameters, Point center) noexcept;

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/affine.ipp>
#endif
