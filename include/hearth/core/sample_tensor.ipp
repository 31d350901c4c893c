#pragma once

#include <hearth/core/sample_tensor.hpp>

#include <ATen/ops/from_blob.h>

#include <array>
#include <cstdint>

namespace hearth::core {

HEARTH_INLINE at::Tensor sample_tensor(const SamplePlace& sample) {
  const c10::IntArrayRef sizes(sample.shape.begin(), sample.shape.rank());
  if (sample.shape.rank() == 3 && sample.layout == Layout::channels_last) {
    const std::array<std::int64_t, 3> strides{1, sample.shape[2] * sample.shape[0], sample.shape[0]};
    return at::from_blob(sample.data, sizes, strides, at::kFloat);
  }
  return at::from_blob(sample.data, sizes, at::kFloat);
}

}  // namespace hearth::core
