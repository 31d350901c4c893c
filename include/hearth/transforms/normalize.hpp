/// Values brought to mean 0 and deviation 1.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The mean and the standard deviation of ImageNet's RGB values, in 0 … 1, as torchvision's models expect them.
namespace imagenet {
inline constexpr std::array<double, 3> mean{0.485, 0.456, 0.406};
inline constexpr std::array<double, 3> std{0.229, 0.224, 0.225};  ///< the standard deviation
}  // namespace imagenet

/// (value - mean) / std of each channel, as torchvision's Normalize computes it (in float). One mean and deviation
/// serve all channels; else there must be one for each. Draws nothing. Throws Error when the two differ in number, when
/// a deviation is 0, and at an image of another number of channels.
class Normalize {
 public:
  Normalize(std::span<const double> mean, std::span<const double> std);
  /// `Normalize{{0.1307}, {0.3081}}`
  Normalize(std::initializer_list<double> mean, std::initializer_list<double> std)
      : Normalize(std::span(mean.begin(), mean.size()), std::span(std.begin(), std.size())) {}

  void check(int channels) const;

  float map(float value, int channel) const noexcept {
    const std::size_t i = mean_.size() == 1 ? 0 : static_cast<std::size_t>(channel);
    return (value - mean_[i]) / std_[i];
  }

 private:
  std::vector<float> mean_;
  std::vector<float> std_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/normalize.ipp>
#endif
