/// The checks that targets are what a loss takes: labels, numbers, or probabilities.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include <hearth/core/inline.hpp>

namespace hearth::losses {

// Each is one pass over the targets. Those on the CPU cost little; for others the check waits for the device, so check
// before the targets go there. Of the outputs only the shape counts.

/// Throws Error unless targets [N] are whole numbers 0 … num_classes-1, or `ignore_index` where that is given.
void check_targets(const at::Tensor& targets, std::int64_t num_classes, std::optional<std::int64_t> ignore_index = {});

/// Throws Error unless targets are finite numbers, in the outputs' shape, or [N] for outputs [N, 1].
void check_real_targets(const at::Tensor& outputs, const at::Tensor& targets);

/// Throws Error unless targets are numbers from 0 to 1 in the outputs' shape [N, C], or [N] for outputs [N, 1].
void check_multi_label(const at::Tensor& outputs, const at::Tensor& targets);

/// Throws Error unless targets are class probabilities in the outputs' shape [N, C]: none below 0, and each row's sum 1
/// to within 1e-3.
void check_probabilities(const at::Tensor& outputs, const at::Tensor& targets);

}  // namespace hearth::losses

#ifndef HEARTH_COMPILED
#include <hearth/losses/check_targets.ipp>
#endif
