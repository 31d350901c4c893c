#pragma once

#include <hearth/transforms/auto_augment.hpp>

#include <array>
#include <cstddef>

namespace hearth {

namespace detail::auto_augment {

using Op = transforms::AugmentationOp;

/// An operation, how probable it is, and the bin of its magnitude, of ten.
struct Step {
  Op op;
  double p;
  int bin;
};

using Pair = std::array<Step, 2>;
using Policy = std::array<Pair, 25>;

// As torchvision lists them; an operation without a magnitude has bin 0.
inline constexpr Policy imagenet_policy{{
    {{{Op::posterize, 0.4, 8}, {Op::rotate, 0.6, 9}}},  {{{Op::solarize, 0.6, 5}, {Op::auto_contrast, 0.6, 0}}},
    {{{Op::equalize, 0.8, 0}, {Op::equalize, 0.6, 0}}}, {{{Op::posterize, 0.6, 7}, {Op::posterize, 0.6, 6}}},
    {{{Op::equalize, 0.4, 0}, {Op::solarize, 0.2, 4}}}, {{{Op::equalize, 0.4, 0}, {Op::rotate, 0.8, 8}}},
    {{{Op::solarize, 0.6, 3}, {Op::equalize, 0.6, 0}}}, {{{Op::posterize, 0.8, 5}, {Op::equalize, 1.0, 0}}},
    {{{Op::rotate, 0.2, 3}, {Op::solarize, 0.6, 8}}},   {{{Op::equalize, 0.6, 0}, {Op::posterize, 0.4, 6}}},
    {{{Op::rotate, 0.8, 8}, {Op::color, 0.4, 0}}},      {{{Op::rotate, 0.4, 9}, {Op::equalize, 0.6, 0}}},
    {{{Op::equalize, 0.0, 0}, {Op::equalize, 0.8, 0}}}, {{{Op::invert, 0.6, 0}, {Op::equalize, 1.0, 0}}},
    {{{Op::color, 0.6, 4}, {Op::contrast, 1.0, 8}}},    {{{Op::rotate, 0.8, 8}, {Op::color, 1.0, 2}}},
    {{{Op::color, 0.8, 8}, {Op::solarize, 0.8, 7}}},    {{{Op::sharpness, 0.4, 7}, {Op::invert, 0.6, 0}}},
    {{{Op::shear_x, 0.6, 5}, {Op::equalize, 1.0, 0}}},  {{{Op::color, 0.4, 0}, {Op::equalize, 0.6, 0}}},
    {{{Op::equalize, 0.4, 0}, {Op::solarize, 0.2, 4}}}, {{{Op::solarize, 0.6, 5}, {Op::auto_contrast, 0.6, 0}}},
    {{{Op::invert, 0.6, 0}, {Op::equalize, 1.0, 0}}},   {{{Op::color, 0.6, 4}, {Op::contrast, 1.0, 8}}},
    {{{Op::equalize, 0.8, 0}, {Op::equalize, 0.6, 0}}},
}};

inline constexpr Policy cifar10_policy{{
    {{{Op::invert, 0.1, 0}, {Op::contrast, 0.2, 6}}},
    {{{Op::rotate, 0.7, 2}, {Op::translate_x, 0.3, 9}}},
    {{{Op::sharpness, 0.8, 1}, {Op::sharpness, 0.9, 3}}},
    {{{Op::shear_y, 0.5, 8}, {Op::translate_y, 0.7, 9}}},
    {{{Op::auto_contrast, 0.5, 0}, {Op::equalize, 0.9, 0}}},
    {{{Op::shear_y, 0.2, 7}, {Op::posterize, 0.3, 7}}},
    {{{Op::color, 0.4, 3}, {Op::brightness, 0.6, 7}}},
    {{{Op::sharpness, 0.3, 9}, {Op::brightness, 0.7, 9}}},
    {{{Op::equalize, 0.6, 0}, {Op::equalize, 0.5, 0}}},
    {{{Op::contrast, 0.6, 7}, {Op::sharpness, 0.6, 5}}},
    {{{Op::color, 0.7, 7}, {Op::translate_x, 0.5, 8}}},
    {{{Op::equalize, 0.3, 0}, {Op::auto_contrast, 0.4, 0}}},
    {{{Op::translate_y, 0.4, 3}, {Op::sharpness, 0.2, 6}}},
    {{{Op::brightness, 0.9, 6}, {Op::color, 0.2, 8}}},
    {{{Op::solarize, 0.5, 2}, {Op::invert, 0.0, 0}}},
    {{{Op::equalize, 0.2, 0}, {Op::auto_contrast, 0.6, 0}}},
    {{{Op::equalize, 0.2, 0}, {Op::equalize, 0.6, 0}}},
    {{{Op::color, 0.9, 9}, {Op::equalize, 0.6, 0}}},
    {{{Op::auto_contrast, 0.8, 0}, {Op::solarize, 0.2, 8}}},
    {{{Op::brightness, 0.1, 3}, {Op::color, 0.7, 0}}},
    {{{Op::solarize, 0.4, 5}, {Op::auto_contrast, 0.9, 0}}},
    {{{Op::translate_y, 0.9, 9}, {Op::translate_y, 0.7, 9}}},
    {{{Op::auto_contrast, 0.9, 0}, {Op::solarize, 0.8, 3}}},
    {{{Op::equalize, 0.8, 0}, {Op::invert, 0.1, 0}}},
    {{{Op::translate_y, 0.7, 9}, {Op::auto_contrast, 0.9, 0}}},
}};

inline constexpr Policy svhn_policy{{
    {{{Op::shear_x, 0.9, 4}, {Op::invert, 0.2, 0}}},       {{{Op::shear_y, 0.9, 8}, {Op::invert, 0.7, 0}}},
    {{{Op::equalize, 0.6, 0}, {Op::solarize, 0.6, 6}}},    {{{Op::invert, 0.9, 0}, {Op::equalize, 0.6, 0}}},
    {{{Op::equalize, 0.6, 0}, {Op::rotate, 0.9, 3}}},      {{{Op::shear_x, 0.9, 4}, {Op::auto_contrast, 0.8, 0}}},
    {{{Op::shear_y, 0.9, 8}, {Op::invert, 0.4, 0}}},       {{{Op::shear_y, 0.9, 5}, {Op::solarize, 0.2, 6}}},
    {{{Op::invert, 0.9, 0}, {Op::auto_contrast, 0.8, 0}}}, {{{Op::equalize, 0.6, 0}, {Op::rotate, 0.9, 3}}},
    {{{Op::shear_x, 0.9, 4}, {Op::solarize, 0.3, 3}}},     {{{Op::shear_y, 0.8, 8}, {Op::invert, 0.7, 0}}},
    {{{Op::equalize, 0.9, 0}, {Op::translate_y, 0.6, 6}}}, {{{Op::invert, 0.9, 0}, {Op::equalize, 0.6, 0}}},
    {{{Op::contrast, 0.3, 3}, {Op::rotate, 0.8, 4}}},      {{{Op::invert, 0.8, 0}, {Op::translate_y, 0.0, 2}}},
    {{{Op::shear_y, 0.7, 6}, {Op::solarize, 0.4, 8}}},     {{{Op::invert, 0.6, 0}, {Op::rotate, 0.8, 4}}},
    {{{Op::shear_y, 0.3, 7}, {Op::translate_x, 0.9, 3}}},  {{{Op::shear_x, 0.1, 6}, {Op::invert, 0.6, 0}}},
    {{{Op::solarize, 0.7, 2}, {Op::translate_y, 0.6, 7}}}, {{{Op::shear_y, 0.8, 4}, {Op::invert, 0.8, 0}}},
    {{{Op::shear_x, 0.7, 9}, {Op::translate_y, 0.8, 3}}},  {{{Op::shear_y, 0.8, 5}, {Op::auto_contrast, 0.7, 0}}},
    {{{Op::shear_x, 0.7, 2}, {Op::invert, 0.1, 0}}},
}};

inline const Policy& pairs_of(AutoAugmentPolicy policy) noexcept {
  switch (policy) {
    case AutoAugmentPolicy::cifar10:
      return cifar10_policy;
    case AutoAugmentPolicy::svhn:
      return svhn_policy;
    default:
      return imagenet_policy;
  }
}

}  // namespace detail::auto_augment

HEARTH_INLINE AutoAugment::AutoAugment(const AutoAugmentOptions& options) : options_(options) {
  options.fill.check("AutoAugment");
}

HEARTH_INLINE std::vector<transforms::Augmentation> AutoAugment::draw(image::Size from, RandomStream& random) const {
  const detail::auto_augment::Policy& policy = detail::auto_augment::pairs_of(options_.policy);
  const detail::auto_augment::Pair& pair = policy[random.below(policy.size())];
  const std::array<double, 2> chances{random.uniform(), random.uniform()};
  const std::array<double, 2> signs{random.below(2) == 0 ? -1.0 : 1.0, random.below(2) == 0 ? -1.0 : 1.0};
  const transforms::AugmentationSpace space = transforms::rand_augment_space(from);
  std::vector<transforms::Augmentation> augmentations;
  for (std::size_t i = 0; i < pair.size(); ++i) {
    const auto [op, p, bin] = pair[i];
    if (chances[i] < p) {
      const double magnitude = space.magnitude(op, bin, 10);
      augmentations.push_back({op, transforms::has_sign(op) ? signs[i] * magnitude : magnitude});
    }
  }
  return augmentations;
}

HEARTH_INLINE void AutoAugment::plan(transforms::Plan& plan, RandomStream& random) const {
  for (const transforms::Augmentation& augmentation : draw(plan.size(), random)) {
    transforms::augment(plan, augmentation, {options_.interpolation, options_.fill}, "AutoAugment");
  }
}

}  // namespace hearth
