/// An order in which a sample comes several times in a row, each time augmented in another way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

struct RepeatedAugmentationSamplerOptions {
  std::size_t repetitions = 3;  ///< how often a sample comes in a row
  std::uint64_t seed = 0;
};

/// Goes through the samples in a random order, `permutation(size, seed, epoch)`, each of them `repetitions` times, and
/// ends an epoch after as many samples as there are, rounded down to a multiple of 256 (to none smaller than itself
/// where there are fewer): so an epoch costs what it would without repetition, and sees a part of the samples. Each
/// time a sample is augmented anew. With as many processes as repetitions, each has a sample once, and they share a
/// batch of different views of fewer samples. RASampler of torchvision's references (Hoffer and others, "Augment your
/// batch: improving generalization through instance repetition", 2020; Touvron and others, "Training data-efficient
/// image transformers", 2021).
///
///     DataLoader train{dataset, RepeatedAugmentationSampler{dataset.size(), {.repetitions = 4}}, {.batch_size = 128}};
class RepeatedAugmentationSampler {
 public:
  /// Throws Error when there are no samples or no repetitions.
  explicit RepeatedAugmentationSampler(std::size_t size, RepeatedAugmentationSamplerOptions options = {});

  std::size_t size() const noexcept { return size_ < 256 ? size_ : size_ / 256 * 256; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const;

 private:
  std::size_t size_;
  RepeatedAugmentationSamplerOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/repeated_augmentation_sampler.ipp>
#endif
