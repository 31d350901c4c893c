#pragma once

#include <hearth/transforms/fill.hpp>

#include <algorithm>
#include <cstddef>

#include <hearth/core/error.hpp>

namespace hearth::transforms {

HEARTH_INLINE void Fill::check(std::string_view transform) const {
  core::require(!values_.empty(), "{}: fill must have a value", transform);
  for (const int value : values_) {
    core::require(value >= 0 && value <= 255, "{}: fill must be within 0 and 255, but got {}", transform, value);
  }
}

HEARTH_INLINE std::span<const std::uint8_t> Fill::pixel(int channels, std::string_view transform) const {
  const auto count = static_cast<std::size_t>(channels);
  core::require(values_.size() == 1 || values_.size() == count,
                "{}: fill must have one value, or one for each of the image's {} channels, but has {}", transform,
                channels, values_.size());
  return bytes_;
}

HEARTH_INLINE bool Fill::is_black() const noexcept {
  return std::all_of(values_.begin(), values_.end(), [](int value) { return value == 0; });
}

}  // namespace hearth::transforms
