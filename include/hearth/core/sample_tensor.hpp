/// A sample's place in a batch, seen as a tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>

namespace hearth::core {

/// The sample as a float tensor over the same memory, of the sample's shape: an image, whose rank is 3, has the strides
/// of its layout, [channels, height, width] or channels last. It is valid as long as the place is.
at::Tensor sample_tensor(const SamplePlace& sample);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/sample_tensor.ipp>
#endif
