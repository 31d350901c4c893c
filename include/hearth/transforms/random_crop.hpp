/// Parts of images at random places, with pixels added at the sides before.
#pragma once

#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/pad.hpp>
#include <hearth/image/padding_mode.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/pad.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

struct RandomCropOptions {
  /// What is added at the sides first: 4, {left_right, top_bottom} or {left, top, right, bottom}.
  std::optional<image::Padding> padding = std::nullopt;
  /// Whether an image that is still too narrow has what is missing added at its left and as much at its right, and one
  /// that is too low above and below. It is an error otherwise.
  bool pad_if_needed = false;
  transforms::Fill fill = 0;
  PaddingMode padding_mode = PaddingMode::constant;
};

/// Cuts a part of size `size` out of the image, anywhere, as torchvision's RandomCrop. Draws, unless the image has that
/// size, the corner's row, then its column, below() each. With black pixels at the sides all of it is part of the pass
/// that writes the sample.
class RandomCrop {
 public:
  /// Throws Error unless the sides are at least 1 and the options make sense.
  explicit RandomCrop(int size, const RandomCropOptions& options = {}) : RandomCrop(image::Size{size, size}, options) {}
  explicit RandomCrop(image::Size size, const RandomCropOptions& options = {});

  /// Draws the part of an image of size `from`, with its padding, to cut out. Throws Error when the image is too small.
  image::Rect draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  image::Size size_;
  RandomCropOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/random_crop.ipp>
#endif
