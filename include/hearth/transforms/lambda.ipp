#pragma once

#include <hearth/transforms/lambda.hpp>

#include <c10/util/Exception.h>

#include <span>

#include <hearth/core/error.hpp>
#include <hearth/core/sample_tensor.hpp>

namespace hearth::transforms {

HEARTH_INLINE void write_result(const SamplePlace& sample, SampleSink& sink,
                                core::FunctionRef<at::Tensor(at::Tensor)> function) {
  try {
    const at::Tensor result = function(core::sample_tensor(sample));
    core::require(result.defined(), "Lambda: the function returned an undefined tensor");
    const c10::IntArrayRef sizes = result.sizes();
    core::sample_tensor(sink.place(Shape(std::span(sizes.data(), sizes.size())))).copy_(result);
  } catch (const c10::Error& error) {
    core::fail("Lambda: {}", error.what_without_backtrace());
  }
}

}  // namespace hearth::transforms
