/// Samples that are in memory already, as two tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>

namespace hearth {

/// Sample i is `inputs[i]` with the label `targets[i]`; torch.utils.data.TensorDataset. Copies share the memory.
class TensorDataset {
 public:
  /// inputs: float [N, ...]; targets: int64 [N]; both on the CPU. Throws Error otherwise.
  TensorDataset(const at::Tensor& inputs, const at::Tensor& targets);

  std::size_t size() const noexcept { return static_cast<std::size_t>(targets_.size(0)); }

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const;
  std::int64_t label(std::size_t index) const;

  const at::Tensor& inputs() const noexcept { return inputs_; }
  const at::Tensor& targets() const noexcept { return targets_; }

 private:
  at::Tensor inputs_;
  at::Tensor targets_;
  Shape shape_;  // of one sample
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/tensor_dataset.ipp>
#endif
