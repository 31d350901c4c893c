#pragma once

#include <hearth/image/image.hpp>

#include <utility>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Image::Image(int height, int width, int channels, std::vector<std::uint8_t> pixels)
    : height_(height), width_(width), channels_(channels), pixels_(std::move(pixels)) {
  core::require(std::int64_t{height} * width * channels == static_cast<std::int64_t>(pixels_.size()),
                "Image: {} x {} pixels of {} channels need {} bytes, but got {}", height, width, channels,
                std::int64_t{height} * width * channels, pixels_.size());
}

}  // namespace hearth
