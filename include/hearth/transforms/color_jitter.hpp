/// Images of random brightness, contrast, saturation and hue.
#pragma once

#include <array>
#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/interval.hpp>

namespace hearth::transforms {

/// How much a quantity may change: by at most so much (`0.4`), or between two factors (`{0.5, 1.5}`).
class Jitter {
 public:
  constexpr Jitter(double amount) noexcept : interval_{amount, amount}, symmetric_(true) {}
  constexpr Jitter(double low, double high) noexcept : interval_{low, high} {}

  /// The factors that this allows about `center`, of which those below `least` are left out.
  constexpr Interval about(double center, double least) const noexcept {
    if (!symmetric_) {
      return interval_;
    }
    const double low = center - interval_.low;
    return {low < least && interval_.low >= 0 ? least : low, center + interval_.high};
  }

 private:
  Interval interval_;
  bool symmetric_ = false;
};

}  // namespace hearth::transforms

namespace hearth {

/// ColorJitter's options, torchvision's: each is a number, by which the factor may differ from 1 (hue: from 0), or an
/// interval of factors, which are not negative (hue: from -0.5 to 0.5). What is 0 stays as it is.
struct ColorJitterOptions {
  transforms::Jitter brightness = 0.0;  ///< factors: j stands for 1 - j to 1 + j
  transforms::Jitter contrast = 0.0;    ///< factors: j stands for 1 - j to 1 + j
  transforms::Jitter saturation = 0.0;  ///< factors: j stands for 1 - j to 1 + j
  transforms::Jitter hue = 0.0;
};

/// Changes brightness, contrast, saturation and hue by random factors in a random order, as torchvision's ColorJitter:
///
///     ColorJitter{{.brightness = 0.4, .saturation = {0.5, 1.5}, .hue = 0.1}}
///
/// Draws the order (`core::shuffle` of four), then the factors of brightness, contrast, saturation and hue, each
/// uniform(low, high); one that changes nothing is not drawn.
class ColorJitter {
 public:
  /// What is drawn for an image.
  struct Params {
    /// In which order the quantities change: 0 is brightness, 1 contrast, 2 saturation, 3 hue.
    std::array<int, 4> order{0, 1, 2, 3};
    std::optional<double> brightness{};  ///< the factor; unset: left alone
    std::optional<double> contrast{};    ///< the factor; unset: left alone
    std::optional<double> saturation{};  ///< the factor; unset: left alone
    std::optional<double> hue{};         ///< the shift; unset: left alone
  };

  /// Throws Error where a number is negative or the bounds of an interval make no sense.
  explicit ColorJitter(const ColorJitterOptions& options = {});

  /// Draws what is done to one image.
  Params draw(RandomStream& random) const;

  /// Changes the image by these factors.
  static void apply(Image& image, const Params& params);

  void apply(Image& image, RandomStream& random) const { apply(image, draw(random)); }

 private:
  std::array<std::optional<transforms::Interval>, 4> intervals_;  // of what changes, in the order of Params
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/color_jitter.ipp>
#endif
