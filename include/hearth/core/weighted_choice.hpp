/// One of several, drawn in proportion to their weights.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>

namespace hearth::core {

/// The weights; where there are none, 1 for each of the `count` choices. Throws Error, in the name of `chooser` and
/// calling the choices `choices`, when there are more or fewer, one is negative or not finite, or all are 0.
std::vector<double> checked_weights(std::vector<double> weights, std::size_t count, std::string_view chooser,
                                    std::string_view choices);

/// Draws an index of the weights, which `checked_weights` has seen. One draw: uniform(), the place in their sum.
std::size_t weighted_choice(const std::vector<double>& weights, RandomStream& random) noexcept;

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/weighted_choice.ipp>
#endif
