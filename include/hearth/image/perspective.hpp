/// Images seen from the side: equal to PIL's Image.transform(size, PERSPECTIVE, …), with torchvision's coefficients.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/affine.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth::image {

/// Four points of an image: upper left, upper right, lower right, lower left.
using Corners = std::array<Point, 4>;

/// Where the point (x, y) of the result lies in the source, as {a, b, c, d, e, f, g, h}: at
/// ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)).
using PerspectiveCoefficients = std::array<double, 8>;

/// Those that take the points `from` of the source to the points `to` of the result, rounded to single precision as
/// torchvision does. Of points that no such map joins, three in a line for example, they are not finite.
PerspectiveCoefficients perspective_coefficients(const Corners& from, const Corners& to) noexcept;

/// Fills `out` with the image of the source's size whose pixels lie where the coefficients say; those outside become
/// `fill`, which has a byte for each channel, or one for all (none: 0). Throws Error when the image has no pixels, or
/// `fill` doesn't fit.
void perspective(const ImageView& source, const PerspectiveCoefficients& coefficients, Interpolation interpolation,
                 std::span<const std::uint8_t> fill, Image& out);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/perspective.ipp>
#endif
