#pragma once

#include <hearth/data/mix_one_of.hpp>

#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/streams.hpp>

namespace hearth::data {

HEARTH_INLINE MixOneOfOptions checked(MixOneOfOptions options, std::size_t mixes) {
  if (options.weights.empty()) {
    options.weights.assign(mixes, 1);
  }
  core::require(options.weights.size() == mixes, "MixOneOf: there are {} weights for {} mixes", options.weights.size(),
                mixes);
  double sum = 0;
  for (const double weight : options.weights) {
    core::require(std::isfinite(weight) && weight >= 0,
                  "MixOneOf: a weight must be a finite number of at least 0, but got {}", weight);
    sum += weight;
  }
  core::require(sum > 0, "MixOneOf: at least one weight must be above 0");
  return options;
}

HEARTH_INLINE std::size_t drawn_mix(const MixOneOfOptions& options, std::uint64_t epoch, std::size_t batch) {
  double sum = 0;
  std::size_t last = 0;  // of those that can be drawn
  for (std::size_t i = 0; i < options.weights.size(); ++i) {
    sum += options.weights[i];
    last = options.weights[i] > 0 ? i : last;
  }
  double left = batch_stream(options.seed, epoch, batch, 1).uniform() * sum;
  for (std::size_t i = 0; i < last; ++i) {
    if (left < options.weights[i]) {
      return i;
    }
    left -= options.weights[i];
  }
  return last;
}

}  // namespace hearth::data
