/// A mixture of an image with chains of random operations on it: AugMix.
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

/// AugMix's options, torchvision's: how strong operations are at most, how many chains there are and how long each is
/// (below 1: one to three operations, at random), how evenly they are mixed, whether there are operations that change
/// brightness, colour, contrast and sharpness, and for those that move pixels, how, and what comes from outside.
struct AugMixOptions {
  int severity = 3;       ///< of the operations, at most: 1 to 10
  int mixture_width = 3;  ///< how many chains there are
  int chain_depth = -1;   ///< how long each is; below 1: one to three operations
  double alpha = 1;       ///< how evenly the chains are mixed
  bool all_ops = true;    ///< whether brightness, colour, contrast and sharpness are changed, too
  Interpolation interpolation = Interpolation::bilinear;
  transforms::Fill fill = 0;
};

namespace transforms {

/// Operations one after the other, and the share of what they make in the mixture.
struct AugMixChain {
  double weight = 0;
  std::vector<Augmentation> augmentations;
};

/// What AugMix draws: the shares of the image itself and of the chains add up to 1.
struct AugMixDraw {
  double weight = 1;  ///< of the image itself
  std::vector<AugMixChain> chains;
};

}  // namespace transforms

/// Mixes the image with what chains of random operations make of it, as torchvision's AugMix ("AugMix: A Simple Data
/// Processing Method to Improve Robustness and Uncertainty", Hendrycks et al., 2020). The operations are those on PIL
/// images. Images have 1 or 3 channels.
///
/// Draws two gamma variates of shape alpha, whose shares in their sum are those of the image and of all chains; one for
/// each chain, whose shares divide the chains'; and for each chain its length, 1 + below(3), unless it is given, and
/// for each of its operations which of the 13 (or 9) it is, below(), its magnitude's bin, below(severity), where it has
/// one, and where it has a sign below(2), of which 1 is minus.
class AugMix {
 public:
  /// Throws Error when severity is not from 1 to 10, mixture_width below 1 or alpha not above 0.
  explicit AugMix(const AugMixOptions& options = {});

  /// Draws the mixture for an image of size `from`.
  transforms::AugMixDraw draw(image::Size from, RandomStream& random) const;

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  AugMixOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/aug_mix.ipp>
#endif
