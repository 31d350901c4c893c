/// Images inverted, coarser, equalized or stretched, at random.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

// Each of these changes an image with probability `p`, and leaves it as it is otherwise. One draw: bernoulli(p).
// `draw` says whether it changes one. The constructors throw Error unless `p` is from 0 to 1.

/// Inverts the values, as torchvision's RandomInvert.
class RandomInvert {
 public:
  explicit RandomInvert(double p = 0.5);

  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

/// Keeps the upper `bits` bits of the values, as torchvision's RandomPosterize.
class RandomPosterize {
 public:
  /// Throws Error unless `bits` is from 1 to 8.
  explicit RandomPosterize(int bits, double p = 0.5);

  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  int bits_;
  double p_;
};

/// Inverts the values that are at least `threshold`, as torchvision's RandomSolarize.
class RandomSolarize {
 public:
  /// Throws Error when `threshold` is no number.
  explicit RandomSolarize(double threshold, double p = 0.5);

  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double threshold_;
  double p_;
};

/// Equalizes the histogram of each channel, as torchvision's RandomEqualize.
class RandomEqualize {
 public:
  explicit RandomEqualize(double p = 0.5);

  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

/// Stretches the values of each channel to 0 … 255, as torchvision's RandomAutocontrast.
class RandomAutocontrast {
 public:
  explicit RandomAutocontrast(double p = 0.5);

  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/tone.ipp>
#endif
