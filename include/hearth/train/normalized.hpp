/// Bytes of images as the floats that they stand for.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>

namespace hearth::train {

/// The floats that bytes [..., C, H, W] stand for, on their device and in their memory format, by one kernel. Nothing
/// waits for the device. Throws Error when they are no bytes, or of another number of channels.
at::Tensor normalized(const at::Tensor& bytes, const Normalization& normalization);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/normalized.ipp>
#endif
