/// Samples with a random part blotted out.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/interval.hpp>

namespace hearth {

/// What erased floats become: one number (`.value = 0.5`), one for each channel (`.value = {0.4, 0.5, 0.6}`), or
/// numbers drawn from the normal distribution (`.value = ErasingValue::random()`).
class ErasingValue {
 public:
  ErasingValue(double value) : values_{value} {}
  ErasingValue(std::initializer_list<double> values) : values_(values) {}

  static ErasingValue random() { return ErasingValue(std::initializer_list<double>{}); }

  /// The numbers; none where they are drawn.
  const std::vector<double>& values() const noexcept { return values_; }

 private:
  std::vector<double> values_;
};

/// RandomErasing's options: how probable it is, the share of the area that is erased, its ratio of height to width, and
/// what is written there.
struct RandomErasingOptions {
  double p = 0.5;                          ///< probability that something is erased
  transforms::Interval scale{0.02, 0.33};  ///< the share of the image's area that is erased
  transforms::Interval ratio{0.3, 3.3};
  ErasingValue value = 0.0;  ///< what stands there then
};

/// Erases a rectangle of random area, ratio and place, as torchvision's RandomErasing ("Random Erasing Data
/// Augmentation", Zhong et al., 2017). It stands after ToTensor, so after Normalize 0 is the mean colour.
///
/// Draws bernoulli(p) and, if that is true, up to ten times the area's share, uniform in scale, and the ratio, the
/// exponential of a uniform number in log(ratio), until the rectangle is lower and narrower than the image; then its
/// row and column, below() each; then the values, normal(), channel by channel and row by row, where they are drawn.
/// When none of the ten fits, nothing is erased.
class RandomErasing {
 public:
  /// Throws Error unless `p` is from 0 to 1, scale lies within 0 and 1 and ratio is positive, their lower bounds first.
  explicit RandomErasing(RandomErasingOptions options = {});

  /// Draws what is erased of an image of size `from`: nothing, or a rectangle, which may be empty.
  std::optional<image::Rect> draw(image::Size from, RandomStream& random) const;

  /// Whether it never erases anything, because p is 0: Compose leaves it out then.
  bool is_idle() const noexcept { return options_.p == 0; }

  /// Throws Error when the sample is no image, or has another number of channels than there are values.
  void apply(const SamplePlace& sample, RandomStream& random) const;

 private:
  RandomErasingOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/random_erasing.ipp>
#endif
