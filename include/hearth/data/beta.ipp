#pragma once

#include <hearth/data/beta.hpp>

#include <algorithm>
#include <cmath>

#include <hearth/core/gamma_variate.hpp>

namespace hearth::data {

HEARTH_INLINE double symmetric_beta(RandomStream& random, double alpha) {
  if (alpha > 1) {
    const double x = core::gamma_variate_from_one(random, alpha);
    return x / (x + core::gamma_variate_from_one(random, alpha));
  }
  for (;;) {  // X = U^(1 / alpha) and Y = V^(1 / alpha), taken where X + Y <= 1; here are their logarithms
    const double x = std::log(1 - random.uniform()) / alpha;
    const double y = std::log(1 - random.uniform()) / alpha;
    const double larger = std::max(x, y);
    if (larger + std::log(std::exp(x - larger) + std::exp(y - larger)) <= 0) {
      return 1 / (1 + std::exp(y - x));
    }
  }
}

}  // namespace hearth::data
