/// Images turned by any angle: equal to PIL's Image.rotate.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/affine.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth::image {

struct Rotation {
  /// Degrees, counter-clockwise.
  double angle = 0;
  Interpolation interpolation = Interpolation::nearest;
  /// Makes the result so large that all of the turned image is in it; else it has the size of the source.
  bool expand = false;
  /// What stays where it is: the middle, unless another one is given.
  std::optional<Point> center = std::nullopt;
};

/// The angle within 0 and 360 degrees.
double whole_turns_removed(double angle) noexcept;

/// The image turned; pixels outside it become `fill`, which has a byte for each channel, or one for all (none: 0).
/// About the middle, a turn by 0 or 180 degrees moves pixels and changes none, and so does one by 90 or 270 of a
/// square, or one that expands. Throws Error when the image has no pixels or `fill` doesn't fit.
Image rotate(const ImageView& source, const Rotation& rotation, std::span<const std::uint8_t> fill = {});

/// The same, in the memory that `out` has.
void rotate(const ImageView& source, const Rotation& rotation, std::span<const std::uint8_t> fill, Image& out);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/rotate.ipp>
#endif
