/// Images without colour, always or at random.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// Makes images grey, of one channel or of three equal ones, as torchvision's Grayscale. Draws nothing.
class Grayscale {
 public:
  /// Throws Error unless there are to be 1 or 3 channels.
  explicit Grayscale(int num_output_channels = 1);

  void apply(Image& image, RandomStream& random) const;

 private:
  int channels_;
};

/// Makes an image grey with probability `p`, as torchvision's RandomGrayscale; it keeps its number of channels. One
/// draw: bernoulli(p).
class RandomGrayscale {
 public:
  /// Throws Error unless `p` is from 0 to 1.
  explicit RandomGrayscale(double p = 0.1);

  /// Whether an image becomes grey.
  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const;

 private:
  double p_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/grayscale.ipp>
#endif
