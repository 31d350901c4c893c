#pragma once

#include <hearth/data/beta.hpp>

#include <algorithm>
#include <cmath>

namespace hearth::data {

namespace detail {

/// A draw from Gamma(shape, 1), where shape is at least 1.
inline double gamma(RandomStream& random, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1 + c * x;
    const double log_u = std::log(1 - random.uniform());
    if (root > 0) {
      const double v = root * root * root;
      if (log_u < x * x / 2 + d * (1 - v + std::log(v))) {
        return d * v;
      }
    }
  }
}

}  // namespace detail

HEARTH_INLINE double symmetric_beta(RandomStream& random, double alpha) {
  if (alpha > 1) {
    const double x = detail::gamma(random, alpha);
    return x / (x + detail::gamma(random, alpha));
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
