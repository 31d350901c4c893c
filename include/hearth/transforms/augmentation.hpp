/// The single operations of which AutoAugment, RandAugment and TrivialAugmentWide choose.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth::transforms {

/// In the order in which torchvision's op spaces list them.
enum class AugmentationOp {
  identity,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  color,
  contrast,
  sharpness,
  posterize,
  solarize,
  auto_contrast,
  equalize,
  invert
};

/// torchvision's name of it, "ShearX" for example.
std::string_view name_of(AugmentationOp op) noexcept;

/// Whether its magnitude is turned round half of the time.
bool has_sign(AugmentationOp op) noexcept;

/// Whether it has a magnitude.
bool has_magnitude(AugmentationOp op) noexcept;

/// An operation, and how much of it: the slope of a shear, pixels of a translation, degrees counter-clockwise, the
/// enhancing factor less 1, bits that remain, or the threshold of solarizing. 0 for those without one.
struct Augmentation {
  AugmentationOp op = AugmentationOp::identity;
  double magnitude = 0;
  friend constexpr bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// The greatest magnitudes; the least are 0, or what changes nothing.
struct AugmentationSpace {
  double shear = 0;
  double translate_x = 0;
  double translate_y = 0;
  double rotate = 0;
  double enhance = 0;
  int bits_lost = 0;
  int bits = 8;  ///< that posterizing keeps where it loses none

  /// The magnitude in `bin` of `bins` from the least to the greatest, at least 2, without a sign: the nearest number of
  /// single precision. torch.linspace is at times one further, so that on some processors 16 pixels are 15.999999
  /// there.
  double magnitude(AugmentationOp op, int bin, int bins) const noexcept;
};

/// The space of RandAugment and AutoAugment for images of this size.
AugmentationSpace rand_augment_space(image::Size size) noexcept;

/// The space of AugMix for images of this size.
AugmentationSpace aug_mix_space(image::Size size) noexcept;

/// The space of TrivialAugmentWide.
AugmentationSpace trivial_augment_wide_space() noexcept;

/// How pixels are moved, and what comes from outside the image.
struct AugmentationPixels {
  Interpolation interpolation = Interpolation::nearest;
  Fill fill = 0;
};

/// Adds the operation to the plan, as torchvision's _apply_op. `transform` is who asks for it, in errors.
void augment(Plan& plan, const Augmentation& augmentation, const AugmentationPixels& pixels,
             std::string_view transform);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/augmentation.ipp>
#endif
