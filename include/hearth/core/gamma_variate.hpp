/// Draws from the gamma distribution, of which beta's and Dirichlet's are made.
#pragma once

#include <cmath>

#include <hearth/core/random.hpp>

namespace hearth::core {

/// A draw from Gamma(shape, 1), where shape is at least 1 (Marsaglia and Tsang, "A simple method for generating gamma
/// variables", TOMS 2000).
inline double gamma_variate_from_one(RandomStream& random, double shape) {
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

/// A draw from Gamma(shape, 1), where shape is above 0. Of shape 1, which is the exponential distribution, it is
/// -log(1 - uniform()); of a smaller shape a draw from shape + 1 times U^(1 / shape).
inline double gamma_variate(RandomStream& random, double shape) {
  if (shape == 1) {
    return -std::log(1 - random.uniform());
  }
  if (shape > 1) {
    return gamma_variate_from_one(random, shape);
  }
  const double larger = gamma_variate_from_one(random, shape + 1);
  return larger * std::pow(1 - random.uniform(), 1 / shape);
}

}  // namespace hearth::core
