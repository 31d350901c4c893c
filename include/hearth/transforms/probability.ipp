#pragma once

#include <hearth/transforms/probability.hpp>

#include <hearth/core/error.hpp>

namespace hearth::transforms {

HEARTH_INLINE double checked_probability(std::string_view transform, double p) {
  core::require(p >= 0.0 && p <= 1.0, "{}: p must be within 0 and 1, but got {}", transform, p);
  return p;
}

}  // namespace hearth::transforms
