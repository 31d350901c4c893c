/// What metrics do with a batch before they count it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::metrics {

/// The outputs in single precision where they come in half (float16, bfloat16), as autocast gives them; else as they
/// are.
at::Tensor in_float(const at::Tensor& outputs);

/// The type in which a device adds up numbers: double precision where it has it.
at::ScalarType sum_type(const at::Tensor& tensor);

/// Throws Error unless these are outputs [N, C] and labels [N] or class probabilities [N, C].
void check_classes(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets);

/// Labels [N] as they are, the most probable classes [N] of class probabilities [N, C]; on the device of the outputs.
at::Tensor labels(const at::Tensor& outputs, const at::Tensor& targets);

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/inputs.ipp>
#endif
