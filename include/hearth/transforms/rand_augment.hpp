/// Random operations of one strength: RandAugment and TrivialAugmentWide.
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

/// RandAugment's options, torchvision's: how many operations, the bin of their magnitudes and of how many, and for
/// those that move pixels, how, and what comes from outside.
struct RandAugmentOptions {
  int num_ops = 2;              ///< operations for each image
  int magnitude = 9;            ///< of all operations: a place among the bins
  int num_magnitude_bins = 31;  ///< magnitudes that there are, from none to the largest
  Interpolation interpolation = Interpolation::nearest;
  transforms::Fill fill = 0;
};

/// Applies `num_ops` random operations of one magnitude, as torchvision's RandAugment ("RandAugment: Practical
/// automated data augmentation with a reduced search space", Cubuk et al., 2019). Images have 1 or 3 channels.
///
/// Draws for each operation which of the 14 it is, below(14), and where it has a sign, below(2), of which 1 is minus.
class RandAugment {
 public:
  /// Throws Error when there are fewer than 0 operations or 2 bins, or the magnitude is none of the bins.
  explicit RandAugment(const RandAugmentOptions& options = {});

  /// Draws the operations on an image of size `from`, and their magnitudes.
  std::vector<transforms::Augmentation> draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  transforms::Augmentation draw_one(const transforms::AugmentationSpace& space, RandomStream& random) const;

  RandAugmentOptions options_;
};

/// TrivialAugmentWide's options, torchvision's.
struct TrivialAugmentWideOptions {
  int num_magnitude_bins = 31;  ///< magnitudes that there are, from none to the largest
  Interpolation interpolation = Interpolation::nearest;
  transforms::Fill fill = 0;
};

/// Applies one random operation of random magnitude, as torchvision's TrivialAugmentWide ("TrivialAugment: Tuning-free
/// Yet State-of-the-Art Data Augmentation", Müller and Hutter, 2021). Images have 1 or 3 channels.
///
/// Draws which of the 14 operations it is, below(14); where that has a magnitude its bin, below(num_magnitude_bins);
/// and where it has a sign, below(2), of which 1 is minus.
class TrivialAugmentWide {
 public:
  /// Throws Error when there are fewer than 2 bins.
  explicit TrivialAugmentWide(const TrivialAugmentWideOptions& options = {});

  /// Draws the operation and its magnitude.
  transforms::Augmentation draw(RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  TrivialAugmentWideOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/rand_augment.ipp>
#endif
