/// The check that labels are classes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include <hearth/core/inline.hpp>

namespace hearth::losses {

/// Throws Error unless targets [N] are whole numbers 0 … num_classes-1, or `ignore_index` where that is given. On the
/// CPU it is one pass over N numbers; elsewhere it waits for the device, so check before the targets go there.
void check_targets(const at::Tensor& targets, std::int64_t num_classes, std::optional<std::int64_t> ignore_index = {});

}  // namespace hearth::losses

#ifndef HEARTH_COMPILED
#include <hearth/losses/check_targets.ipp>
#endif
