/// How a dataset that has its sample as a tensor puts it into the batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>

namespace hearth {

/// Fills a sample's place from a tensor on the CPU that has the place's shape and a type that converts to float.
void write_sample(const SamplePlace& place, const at::Tensor& sample);

/// Writes a sample of any shape of up to six dimensions, [C, H, W] for an image. A dataset's `read` ends with it:
///
///     write_sample(sink, image);
///     return label;
///
/// Throws Error when the tensor is undefined or not on the CPU, or when its shape is not that of the batch.
void write_sample(SampleSink& sink, const at::Tensor& sample);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/write_sample.ipp>
#endif
