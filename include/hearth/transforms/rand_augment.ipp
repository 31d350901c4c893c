#pragma once

#include <hearth/transforms/rand_augment.hpp>

#include <cstdint>

#include <hearth/core/error.hpp>

namespace hearth {

namespace detail {

/// One of the operations but inverting, which only AutoAugment knows.
inline transforms::AugmentationOp draw_op(RandomStream& random) noexcept {
  return static_cast<transforms::AugmentationOp>(random.below(14));
}

inline double draw_sign(transforms::AugmentationOp op, RandomStream& random) noexcept {
  return transforms::has_sign(op) && random.below(2) == 1 ? -1.0 : 1.0;
}

}  // namespace detail

HEARTH_INLINE RandAugment::RandAugment(const RandAugmentOptions& options) : options_(options) {
  core::require(options.num_ops >= 0, "RandAugment: num_ops must be at least 0, but got {}", options.num_ops);
  core::require(options.num_magnitude_bins >= 2, "RandAugment: num_magnitude_bins must be at least 2, but got {}",
                options.num_magnitude_bins);
  core::require(options.magnitude >= 0 && options.magnitude < options.num_magnitude_bins,
                "RandAugment: magnitude must be one of the bins, 0 to {}, but got {}", options.num_magnitude_bins - 1,
                options.magnitude);
  options.fill.check("RandAugment");
}

HEARTH_INLINE std::vector<transforms::Augmentation> RandAugment::draw(image::Size from, RandomStream& random) const {
  const transforms::AugmentationSpace space = transforms::rand_augment_space(from);
  std::vector<transforms::Augmentation> augmentations;
  for (int i = 0; i < options_.num_ops; ++i) {
    augmentations.push_back(draw_one(space, random));
  }
  return augmentations;
}

HEARTH_INLINE void RandAugment::plan(transforms::Plan& plan, RandomStream& random) const {
  const transforms::AugmentationSpace space = transforms::rand_augment_space(plan.size());
  for (int i = 0; i < options_.num_ops; ++i) {  // draw() without its memory
    transforms::augment(plan, draw_one(space, random), {options_.interpolation, options_.fill}, "RandAugment");
  }
}

HEARTH_INLINE transforms::Augmentation RandAugment::draw_one(const transforms::AugmentationSpace& space,
                                                             RandomStream& random) const {
  const transforms::AugmentationOp op = detail::draw_op(random);
  const double magnitude = space.magnitude(op, options_.magnitude, options_.num_magnitude_bins);
  return {op, detail::draw_sign(op, random) * magnitude};
}

HEARTH_INLINE TrivialAugmentWide::TrivialAugmentWide(const TrivialAugmentWideOptions& options) : options_(options) {
  core::require(options.num_magnitude_bins >= 2,
                "TrivialAugmentWide: num_magnitude_bins must be at least 2, but got {}", options.num_magnitude_bins);
  options.fill.check("TrivialAugmentWide");
}

HEARTH_INLINE transforms::Augmentation TrivialAugmentWide::draw(RandomStream& random) const {
  const transforms::AugmentationOp op = detail::draw_op(random);
  double magnitude = 0;
  if (transforms::has_magnitude(op)) {
    const auto bins = static_cast<std::uint64_t>(options_.num_magnitude_bins);
    magnitude = transforms::trivial_augment_wide_space().magnitude(op, static_cast<int>(random.below(bins)),
                                                                   options_.num_magnitude_bins);
  }
  return {op, detail::draw_sign(op, random) * magnitude};
}

HEARTH_INLINE void TrivialAugmentWide::plan(transforms::Plan& plan, RandomStream& random) const {
  transforms::augment(plan, draw(random), {options_.interpolation, options_.fill}, "TrivialAugmentWide");
}

}  // namespace hearth
