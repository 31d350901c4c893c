#pragma once

#include <hearth/transforms/augmentation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include <hearth/image/affine.hpp>
#include <hearth/image/color.hpp>
#include <hearth/image/filter.hpp>
#include <hearth/image/rotate.hpp>
#include <hearth/image/tone.hpp>

namespace hearth::transforms {

namespace detail {

inline image::AffineParameters shear_by(double slope_x, double slope_y) noexcept {
  constexpr double degrees = 180.0 / std::numbers::pi;
  return {0, {}, 1, {std::atan(slope_x) * degrees, std::atan(slope_y) * degrees}};
}

inline image::AffineParameters translate_by(double x, double y) noexcept {
  return {0, {std::trunc(x), std::trunc(y)}, 1, {}};
}

/// Shears or moves the image.
inline void warp(Plan& plan, const image::AffineParameters& parameters, image::Point center,
                 const AugmentationPixels& pixels, std::string_view transform) {
  const image::AffineMatrix inverse = image::inverse_matrix(parameters, center);
  const std::span<const std::uint8_t> fill = pixels.fill.pixel(plan.channels(), transform);
  plan.remake([&](const ImageView& from, Image& to) {
    image::affine(from, from.size(), inverse, pixels.interpolation, fill, to);
  });
}

}  // namespace detail

HEARTH_INLINE std::string_view name_of(AugmentationOp op) noexcept {
  constexpr std::array<std::string_view, 15> names{
      "Identity", "ShearX",    "ShearY",    "TranslateX", "TranslateY",   "Rotate",   "Brightness", "Color",
      "Contrast", "Sharpness", "Posterize", "Solarize",   "AutoContrast", "Equalize", "Invert"};
  return names[static_cast<std::size_t>(op)];
}

HEARTH_INLINE bool has_sign(AugmentationOp op) noexcept {
  return op >= AugmentationOp::shear_x && op <= AugmentationOp::sharpness;
}

HEARTH_INLINE bool has_magnitude(AugmentationOp op) noexcept {
  return op >= AugmentationOp::shear_x && op <= AugmentationOp::solarize;
}

HEARTH_INLINE double AugmentationSpace::magnitude(AugmentationOp op, int bin, int bins) const noexcept {
  const int last = bins - 1;
  const auto of = [last](double greatest, int step) {
    return static_cast<double>(static_cast<float>(greatest * step / last));
  };
  switch (op) {
    case AugmentationOp::shear_x:
    case AugmentationOp::shear_y:
      return of(shear, bin);
    case AugmentationOp::translate_x:
      return of(translate_x, bin);
    case AugmentationOp::translate_y:
      return of(translate_y, bin);
    case AugmentationOp::rotate:
      return of(rotate, bin);
    case AugmentationOp::brightness:
    case AugmentationOp::color:
    case AugmentationOp::contrast:
    case AugmentationOp::sharpness:
      return of(enhance, bin);
    case AugmentationOp::posterize:
      return bits - std::nearbyint(bin / (last / static_cast<double>(bits_lost)));
    case AugmentationOp::solarize:
      return of(255, last - bin);
    default:
      return 0;
  }
}

HEARTH_INLINE AugmentationSpace rand_augment_space(image::Size size) noexcept {
  return {.shear = 0.3,
          .translate_x = 150.0 / 331.0 * size.width,
          .translate_y = 150.0 / 331.0 * size.height,
          .rotate = 30,
          .enhance = 0.9,
          .bits_lost = 4};
}

HEARTH_INLINE AugmentationSpace aug_mix_space(image::Size size) noexcept {
  return {.shear = 0.3,
          .translate_x = size.width / 3.0,
          .translate_y = size.height / 3.0,
          .rotate = 30,
          .enhance = 0.9,
          .bits_lost = 4,
          .bits = 4};
}

HEARTH_INLINE AugmentationSpace trivial_augment_wide_space() noexcept {
  return {.shear = 0.99, .translate_x = 32, .translate_y = 32, .rotate = 135, .enhance = 0.99, .bits_lost = 6};
}

HEARTH_INLINE void augment(Plan& plan, const Augmentation& augmentation, const AugmentationPixels& pixels,
                           std::string_view transform) {
  const double magnitude = augmentation.magnitude;
  const image::Point corner{0, 0};
  const image::Point middle{plan.size().width * 0.5, plan.size().height * 0.5};
  switch (augmentation.op) {
    case AugmentationOp::identity:
      return;
    case AugmentationOp::shear_x:
      return detail::warp(plan, detail::shear_by(magnitude, 0), corner, pixels, transform);
    case AugmentationOp::shear_y:
      return detail::warp(plan, detail::shear_by(0, magnitude), corner, pixels, transform);
    case AugmentationOp::translate_x:
      return detail::warp(plan, detail::translate_by(magnitude, 0), middle, pixels, transform);
    case AugmentationOp::translate_y:
      return detail::warp(plan, detail::translate_by(0, magnitude), middle, pixels, transform);
    case AugmentationOp::rotate: {
      const std::span<const std::uint8_t> fill = pixels.fill.pixel(plan.channels(), transform);
      return plan.remake([&](const ImageView& from, Image& to) {
        image::rotate(from, {.angle = magnitude, .interpolation = pixels.interpolation}, fill, to);
      });
    }
    case AugmentationOp::brightness:
      return plan.edit([&](Image& image) { image::adjust_brightness(image, 1.0 + magnitude); });
    case AugmentationOp::color:
      return plan.edit([&](Image& image) { image::adjust_saturation(image, 1.0 + magnitude); });
    case AugmentationOp::contrast:
      return plan.edit([&](Image& image) { image::adjust_contrast(image, 1.0 + magnitude); });
    case AugmentationOp::sharpness:
      return plan.edit([&](Image& image) { image::adjust_sharpness(image, 1.0 + magnitude); });
    case AugmentationOp::posterize:
      return plan.edit([&](Image& image) {
        if (magnitude >= 1) {
          image::posterize(image, static_cast<int>(magnitude));
        } else {  // AugMix's strongest leaves no bit
          std::fill(image.pixels().begin(), image.pixels().end(), std::uint8_t{0});
        }
      });
    case AugmentationOp::solarize:
      return plan.edit([&](Image& image) { image::solarize(image, magnitude); });
    case AugmentationOp::auto_contrast:
      return plan.edit([](Image& image) { image::autocontrast(image); });
    case AugmentationOp::equalize:
      return plan.edit([](Image& image) { image::equalize(image); });
    case AugmentationOp::invert:
      return plan.edit([](Image& image) { image::invert(image); });
  }
}

}  // namespace hearth::transforms
