/// How a dataset that has its sample as a tensor puts it into the batch.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>

namespace hearth {

/// Fills a sample's place from a tensor on the CPU that has the place's shape and a type that converts to float.
inline void write(const SamplePlace& place, const at::Tensor& sample) {
  const bool channels_last = place.layout == Layout::channels_last && place.shape.rank() == 3;
  if (channels_last) {
    const std::array<std::int64_t, 3> strides{1, sample.size(2) * sample.size(0), sample.size(0)};
    at::from_blob(place.data, sample.sizes(), strides, at::kFloat).copy_(sample.detach());
  } else if (sample.scalar_type() == at::kFloat && sample.is_contiguous()) {
    std::memcpy(place.data, sample.const_data_ptr<float>(), sample.nbytes());
  } else {
    at::from_blob(place.data, sample.sizes(), at::kFloat).copy_(sample.detach());
  }
}

/// Writes a sample of any shape of up to six dimensions, [C, H, W] say. What a dataset's `read` ends with:
///
///     write(sink, image);
///     return label;
///
/// Throws Error when the tensor is undefined or not on the CPU, or when its shape is not that of the batch.
inline void write(SampleSink& sink, const at::Tensor& sample) {
  core::require(sample.defined() && sample.device().is_cpu(), "write: a sample must be a tensor on the CPU");
  write(sink.place(Shape(std::span(sample.sizes().data(), sample.sizes().size()))), sample);
}

}  // namespace hearth
