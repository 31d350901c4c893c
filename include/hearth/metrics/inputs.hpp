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

/// The type in which a tensor's device adds up numbers: double precision where it has it.
at::ScalarType sum_type(const at::Tensor& tensor);

/// Throws Error unless these are outputs [N, C] and labels [N] or class probabilities [N, C].
void check_classes(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets);

/// Labels [N] as they are, the most probable classes [N] of class probabilities [N, C]; on the device of the outputs.
at::Tensor labels(const at::Tensor& outputs, const at::Tensor& targets);

/// The labels of a batch, on the device of its outputs.
struct Labels {
  at::Tensor label;    ///< [N], int64
  at::Tensor counted;  ///< [N], bool: it is not the ignored label
  at::Tensor valid;    ///< [N], bool: it is a class, 0 … C-1
};

/// The labels of outputs [N, C] and targets [N] or [N, C]. Throws Error on other shapes, and on a label out of range
/// when the targets are on the CPU; elsewhere looking would wait, and such a label is not valid.
Labels counted_labels(std::string_view metric, const at::Tensor& outputs, const at::Tensor& targets,
                      std::int64_t ignore_index);

/// Throws Error when `count` batches' labels (or other inputs) could not be counted, which a device has found.
void check_counted(std::string_view metric, double count, std::string_view what);

}  // namespace hearth::metrics

#ifndef HEARTH_COMPILED
#include <hearth/metrics/inputs.ipp>
#endif
