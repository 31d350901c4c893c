/// Several parts of one image, for evaluation: the corners and the middle.
#pragma once

#include <cstddef>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// The four corners and the middle, as torchvision's FiveCrop: a sample becomes [5, channels, height, width], in the
/// order upper left, upper right, lower left, lower right, middle. The stages after it work on each of them by itself,
/// one after the other. `models::MeanOverCrops` averages what a model makes of them.
class FiveCrop {
 public:
  /// Throws Error unless the sides are at least 1.
  explicit FiveCrop(int size) : FiveCrop(image::Size{size, size}) {}
  explicit FiveCrop(image::Size size);

  /// How many images it makes of one.
  static constexpr std::size_t count() noexcept { return 5; }

  /// Plans image `index` of them. Throws Error when the image is smaller than they are.
  void plan(transforms::Plan& plan, std::size_t index) const;

 private:
  image::Size size_;
};

struct TenCropOptions {
  /// Mirrors top and bottom, in the place of left and right.
  bool vertical_flip = false;
};

/// The five crops of an image, then the five of the image mirrored, as torchvision's TenCrop: a sample becomes
/// [10, channels, height, width]. Otherwise as FiveCrop.
class TenCrop {
 public:
  /// Throws Error unless the sides are at least 1.
  explicit TenCrop(int size, const TenCropOptions& options = {}) : TenCrop(image::Size{size, size}, options) {}
  explicit TenCrop(image::Size size, const TenCropOptions& options = {});

  static constexpr std::size_t count() noexcept { return 10; }

  void plan(transforms::Plan& plan, std::size_t index) const;

 private:
  image::Size size_;
  TenCropOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/five_crop.ipp>
#endif
