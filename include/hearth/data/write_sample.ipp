#pragma once

#include <hearth/data/write_sample.hpp>

#include <cstring>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/core/sample_tensor.hpp>

namespace hearth {

HEARTH_INLINE void write_sample(const SamplePlace& place, const at::Tensor& sample) {
  const bool channels_last = place.layout == Layout::channels_last && place.shape.rank() == 3;
  if (!channels_last && sample.scalar_type() == at::kFloat && sample.is_contiguous()) {
    std::memcpy(place.data, sample.const_data_ptr<float>(), sample.nbytes());
  } else {
    core::sample_tensor(place).copy_(sample.detach());
  }
}

HEARTH_INLINE void write_sample(SampleSink& sink, const at::Tensor& sample) {
  core::require(sample.defined() && sample.device().is_cpu(), "write_sample: a sample must be a tensor on the CPU");
  write_sample(sink.place(Shape(std::span(sample.sizes().data(), sample.sizes().size()))), sample);
}

}  // namespace hearth
