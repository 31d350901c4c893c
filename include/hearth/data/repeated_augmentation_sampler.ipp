#pragma once

#include <hearth/data/repeated_augmentation_sampler.hpp>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>

namespace hearth {

HEARTH_INLINE RepeatedAugmentationSampler::RepeatedAugmentationSampler(std::size_t size,
                                                                       RepeatedAugmentationSamplerOptions options)
    : size_(size), options_(options) {
  core::require(size > 0, "RepeatedAugmentationSampler: there are no samples to draw from");
  core::require(options.repetitions > 0, "RepeatedAugmentationSampler: repetitions must be at least 1");
}

HEARTH_INLINE std::vector<std::size_t> RepeatedAugmentationSampler::indices(std::uint64_t epoch) const {
  const std::vector<std::size_t> order = permutation(size_, options_.seed, epoch);
  std::vector<std::size_t> drawn(size());
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    drawn[i] = order[i / options_.repetitions];
  }
  return drawn;
}

}  // namespace hearth
