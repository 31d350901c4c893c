/// Outputs and targets that are compared number by number.
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::losses {

/// Outputs and targets of one shape and one type, single or double precision.
struct Pair {
  at::Tensor outputs;
  at::Tensor targets;
};

/// Brings outputs and targets to one shape and type, for `component`, a loss or a metric. They have the same shape, or
/// outputs [N, 1] meet targets [N], which is what a model with one output gives; nothing else is broadcast. Half
/// precision goes to single, and targets take the outputs' type. Throws Error on other shapes.
Pair pair(std::string_view component, const at::Tensor& outputs, const at::Tensor& targets);

}  // namespace hearth::losses

#ifndef HEARTH_COMPILED
#include <hearth/losses/pair.ipp>
#endif
