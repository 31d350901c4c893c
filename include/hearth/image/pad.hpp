/// Images with more pixels, or fewer, at their sides: equal to torchvision's functional.pad of PIL images.
#pragma once

#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/padding_mode.hpp>

namespace hearth::image {

/// How many pixels are added at each side; what is negative is cut off. `{4}`, `{left_right, top_bottom}` or
/// `{left, top, right, bottom}`, in torchvision's order.
struct Padding {
  constexpr Padding(int all = 0) : Padding(all, all, all, all) {}
  constexpr Padding(int left_right, int top_bottom) : Padding(left_right, top_bottom, left_right, top_bottom) {}
  constexpr Padding(int left_side, int top_side, int right_side, int bottom_side)
      : left(left_side), top(top_side), right(right_side), bottom(bottom_side) {}

  int left;
  int top;
  int right;
  int bottom;
  friend constexpr bool operator==(const Padding&, const Padding&) = default;
};

/// The size that an image of size `from` becomes; not positive where nothing is left.
constexpr Size padded(Size from, const Padding& padding) noexcept {
  return {from.height + padding.top + padding.bottom, from.width + padding.left + padding.right};
}

/// Fills `out` with the padded image; `fill`, a byte for each channel, is what lies beside it where the mode is
/// constant. Mirrored images are mirrored again as often as it takes. Throws Error when no pixel is left, or none of
/// the image's own where the mode is another.
void pad(const ImageView& source, const Padding& padding, PaddingMode mode, std::span<const std::uint8_t> fill,
         Image& out);

}  // namespace hearth::image

#ifndef HEARTH_COMPILED
#include <hearth/image/pad.ipp>
#endif
