#pragma once

#include <hearth/data/mix_one_of.hpp>

#include <utility>

#include <hearth/core/random.hpp>
#include <hearth/core/weighted_choice.hpp>
#include <hearth/data/streams.hpp>

namespace hearth::data {

HEARTH_INLINE MixOneOfOptions checked(MixOneOfOptions options, std::size_t mixes) {
  options.weights = core::checked_weights(std::move(options.weights), mixes, "MixOneOf", "mixes");
  return options;
}

HEARTH_INLINE std::size_t drawn_mix(const MixOneOfOptions& options, std::uint64_t epoch, std::size_t batch) {
  RandomStream random = batch_stream(options.seed, epoch, batch, 1);
  return core::weighted_choice(options.weights, random);
}

}  // namespace hearth::data
