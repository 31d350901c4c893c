#pragma once

#include <hearth/train/write_evaluation.hpp>

#include <algorithm>
#include <system_error>

#include <hearth/core/random.hpp>
#include <hearth/image/encode.hpp>

namespace hearth {

HEARTH_INLINE std::vector<std::size_t> some_samples(std::size_t size, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> indices = permutation(size, seed, /*epoch=*/0);
  indices.resize(std::min(indices.size(), count));
  std::sort(indices.begin(), indices.end());
  return indices;
}

HEARTH_INLINE std::vector<Outcome> some_of(const std::vector<Outcome>& outcomes, std::size_t count,
                                           std::uint64_t seed) {
  std::vector<Outcome> some;
  for (const std::size_t index : some_samples(outcomes.size(), count, seed)) {
    some.push_back(outcomes[index]);
  }
  return some;
}

}  // namespace hearth

namespace hearth::train {

HEARTH_INLINE void replace_picture(const std::filesystem::path& file, const Image& image) {
  if (image.height() > 0) {
    write_png(file, image.view());
  } else {
    std::error_code absent;
    std::filesystem::remove(file, absent);
  }
}

}  // namespace hearth::train
