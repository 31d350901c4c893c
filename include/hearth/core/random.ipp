#pragma once

#include <hearth/core/random.hpp>

#include <cmath>
#include <numbers>
#include <numeric>

namespace hearth {

HEARTH_INLINE double RandomStream::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

HEARTH_INLINE std::vector<std::size_t> permutation(std::size_t size, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random(seed, epoch, core::epoch_stream);
  core::shuffle(order, random);
  return order;
}

}  // namespace hearth
