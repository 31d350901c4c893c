/// Random pairs of operations that were learned on a data set: AutoAugment.
#pragma once

#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/transforms/augmentation.hpp>
#include <hearth/transforms/fill.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Which data set the pairs were learned on: ImageNet, CIFAR-10 (`cifar10`) or SVHN.
enum class AutoAugmentPolicy { imagenet, cifar10, svhn };

/// AutoAugment's options, torchvision's: the policy, and for operations that move pixels, how, and what comes from
/// outside.
struct AutoAugmentOptions {
  AutoAugmentPolicy policy = AutoAugmentPolicy::imagenet;
  Interpolation interpolation = Interpolation::nearest;
  transforms::Fill fill = 0;
};

/// Applies one of the 25 pairs of operations of a policy, each with its own probability and magnitude, as torchvision's
/// AutoAugment ("AutoAugment: Learning Augmentation Strategies from Data", Cubuk et al., 2018). Images have 1 or 3
/// channels.
///
/// Draws the pair, below(25); for each of the two uniform(), which is below the probability where it is applied; and
/// for each of the two below(2), of which 0 is minus where it has a sign.
class AutoAugment {
 public:
  explicit AutoAugment(const AutoAugmentOptions& options = {});

  /// Draws the operations on an image of size `from`, none to two, and their magnitudes.
  std::vector<transforms::Augmentation> draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  AutoAugmentOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/auto_augment.ipp>
#endif
