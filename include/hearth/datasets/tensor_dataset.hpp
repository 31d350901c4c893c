/// Samples that are in memory already, as two tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/target.hpp>

namespace hearth {

/// Sample i is `inputs[i]` with the target `targets[i]`; torch.utils.data.TensorDataset. Copies share the memory.
class TensorDataset {
 public:
  /// inputs: float [N, ...]; targets: int64 [N], the labels, or float or int64 of another shape: numbers [N], vectors
  /// [N, K], pictures [N, 1, H, W], label maps [N, H, W]; both on the CPU. Throws Error otherwise.
  TensorDataset(const at::Tensor& inputs, const at::Tensor& targets);

  std::size_t size() const noexcept { return static_cast<std::size_t>(targets_.size(0)); }

  TargetView read(std::size_t index, RandomStream& random, SampleSink& sink) const;

  void read_batch(std::span<const std::size_t> indices, BatchSink& sink) const;

  /// Throws Error when the targets are no labels, int64 [N].
  std::int64_t label(std::size_t index) const;

  const at::Tensor& inputs() const noexcept { return inputs_; }
  const at::Tensor& targets() const noexcept { return targets_; }

 private:
  void check(std::size_t index) const;

  at::Tensor inputs_;
  at::Tensor targets_;
  Shape shape_;         // of one input
  Shape target_shape_;  // of one target
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/tensor_dataset.ipp>
#endif
