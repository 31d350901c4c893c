#pragma once

#include <hearth/datasets/tensor_dataset.hpp>

#include <cstring>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/data/write_sample.hpp>

namespace hearth {

HEARTH_INLINE TensorDataset::TensorDataset(const at::Tensor& inputs, const at::Tensor& targets) {
  core::require(inputs.defined() && targets.defined(), "TensorDataset: inputs and targets must be tensors");
  core::require(inputs.device().is_cpu() && targets.device().is_cpu(),
                "TensorDataset: inputs and targets must be on the CPU");
  core::require(inputs.scalar_type() == at::kFloat,
                "TensorDataset: inputs must be of type float, but are {}; use inputs.to(torch::kFloat)",
                c10::toString(inputs.scalar_type()));
  core::require(targets.scalar_type() == at::kLong || targets.scalar_type() == at::kFloat,
                "TensorDataset: targets must be of type int64 or float, but are {}; use targets.to(torch::kLong) for "
                "labels",
                c10::toString(targets.scalar_type()));
  core::require(inputs.dim() >= 1 && targets.dim() >= 1,
                "TensorDataset: inputs must be [N, ...] and targets [N] or [N, ...], but have {} and {} dimensions",
                inputs.dim(), targets.dim());
  core::require(inputs.size(0) == targets.size(0), "TensorDataset: there are {} inputs, but {} targets", inputs.size(0),
                targets.size(0));
  inputs_ = inputs.detach().contiguous();
  targets_ = targets.detach().contiguous();
  shape_ = Shape(std::span(inputs_.sizes().data() + 1, inputs_.sizes().size() - 1));
  target_shape_ = Shape(std::span(targets_.sizes().data() + 1, targets_.sizes().size() - 1));
}

HEARTH_INLINE TargetView TensorDataset::read(std::size_t index, RandomStream& /*random*/, SampleSink& sink) const {
  check(index);
  const SamplePlace place = sink.place(shape_);
  if (place.layout == Layout::contiguous || shape_.rank() != 3) {
    const auto count = static_cast<std::size_t>(shape_.numel());
    std::memcpy(place.data, inputs_.const_data_ptr<float>() + index * count, count * sizeof(float));
  } else {
    write_sample(place, inputs_.select(0, static_cast<std::int64_t>(index)));
  }
  const std::size_t first = index * static_cast<std::size_t>(target_shape_.numel());
  if (targets_.scalar_type() == at::kLong) {
    return {targets_.const_data_ptr<std::int64_t>() + first, target_shape_};
  }
  return {targets_.const_data_ptr<float>() + first, target_shape_};
}

HEARTH_INLINE std::int64_t TensorDataset::label(std::size_t index) const {
  core::require(targets_.scalar_type() == at::kLong && targets_.dim() == 1,
                "TensorDataset: the samples have no labels: the targets are {} of {} dimensions, and labels are int64 "
                "[N]",
                c10::toString(targets_.scalar_type()), targets_.dim());
  check(index);
  return targets_.const_data_ptr<std::int64_t>()[index];
}

HEARTH_INLINE void TensorDataset::check(std::size_t index) const {
  core::require(index < size(), "TensorDataset: index {} is out of range: there are {} samples", index, size());
}

}  // namespace hearth
