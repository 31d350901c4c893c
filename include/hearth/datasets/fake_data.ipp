#pragma once

#include <hearth/datasets/fake_data.hpp>

#include <hearth/core/error.hpp>

namespace hearth::datasets {

HEARTH_INLINE FakeImages::FakeImages(const FakeDataOptions& options) : options_(options) {
  core::require(options.height >= 1 && options.width >= 1,
                "FakeData: height and width must be at least 1, but got {} x {}", options.height, options.width);
  core::require(options.channels == 1 || options.channels == 3, "FakeData: channels must be 1 or 3, but got {}",
                options.channels);
  core::require(options.num_classes >= 1, "FakeData: num_classes must be at least 1, but got 0");
}

HEARTH_INLINE std::int64_t FakeImages::label(std::size_t index) const {
  RandomStream own = stream(index, 0);
  return static_cast<std::int64_t>(own.below(options_.num_classes));
}

HEARTH_INLINE Image FakeImages::image(std::size_t index) const {
  RandomStream own = stream(index, 1);
  Image image(options_.height, options_.width, options_.channels);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < image.pixels().size(); ++i) {
    bits = i % 4 == 0 ? own() : bits >> 8;
    image.pixels()[i] = static_cast<std::uint8_t>(bits);
  }
  return image;
}

HEARTH_INLINE RandomStream FakeImages::stream(std::size_t index, std::uint64_t purpose) const {
  core::require(index < options_.size, "FakeData: index {} is out of range: there are {} images", index, options_.size);
  return {options_.seed, purpose, index};
}

}  // namespace hearth::datasets
