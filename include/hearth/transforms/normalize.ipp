#pragma once

#include <hearth/transforms/normalize.hpp>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Normalize::Normalize(std::span<const double> mean, std::span<const double> std)
    : mean_(mean.begin(), mean.end()), std_(std.begin(), std.end()) {
  core::require(!mean.empty() && mean.size() == std.size(),
                "Normalize: mean and std must have as many values as there are channels, or one, but got {} and {}",
                mean.size(), std.size());
  core::require(std::find(std_.begin(), std_.end(), 0.0F) == std_.end(), "Normalize: std must not be 0");
}

HEARTH_INLINE void Normalize::check(int channels) const {
  core::require(mean_.size() == 1 || mean_.size() == static_cast<std::size_t>(channels),
                "Normalize: mean and std have {} values, but the image has {} channel{}", mean_.size(), channels,
                channels == 1 ? "" : "s");
}

}  // namespace hearth
