/// The probability with which a transform is applied.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::transforms {

/// `p`. Throws Error, in the name of `transform`, unless it is from 0 to 1.
double checked_probability(std::string_view transform, double p);

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/probability.ipp>
#endif
