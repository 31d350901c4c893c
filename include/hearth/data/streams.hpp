/// The random streams of what is larger than a sample: a batch, and a dataset that is divided.
#pragma once

#include <cstdint>

#include <hearth/core/random.hpp>

namespace hearth::data {

/// The stream of batch `batch` of an epoch for one purpose, 0 … 255, of many. It is none of the epoch's samples': their
/// `occurrence` never comes so far.
constexpr RandomStream batch_stream(std::uint64_t seed, std::uint64_t epoch, std::uint64_t batch,
                                    std::uint8_t purpose) noexcept {
  return {seed, epoch, batch, 0xFFFFFFU - purpose};
}

/// The stream that divides a dataset: neither that of an epoch's order (core::epoch_stream) nor a sample's.
constexpr RandomStream split_stream(std::uint64_t seed) noexcept {
  return {seed, 0, core::epoch_stream - 1};
}

}  // namespace hearth::data
