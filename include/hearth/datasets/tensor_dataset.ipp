#pragma once

#include <hearth/datasets/tensor_dataset.hpp>

#include <cstring>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/core/fetch_ahead.hpp>
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

namespace datasets {

/// Copies rows of `size` bytes, those `indices` of `rows`, one beside the other to `out`.
inline void gather_rows(const void* rows, std::size_t size, std::span<const std::size_t> indices, void* out) noexcept {
  const auto* const first = static_cast<const std::byte*>(rows);
  auto* place = static_cast<std::byte*>(out);
  for (std::size_t i = 0; i < indices.size(); ++i, place += size) {
    if (i + 1 < indices.size()) {
      core::fetch_ahead(first + indices[i + 1] * size, size);
    }
    std::memcpy(place, first + indices[i] * size, size);
  }
}

}  // namespace datasets

HEARTH_INLINE void TensorDataset::read_batch(std::span<const std::size_t> indices, BatchSink& sink) const {
  for (const std::size_t index : indices) {
    check(index);
  }
  const SamplePlace place = sink.place(shape_);
  const auto count = static_cast<std::size_t>(shape_.numel());
  if (place.layout == Layout::contiguous || shape_.rank() != 3) {
    datasets::gather_rows(inputs_.const_data_ptr(), count * sizeof(float), indices, place.data);
  } else {
    SamplePlace next = place;
    for (const std::size_t index : indices) {
      write_sample(next, inputs_.select(0, static_cast<std::int64_t>(index)));
      next.data += count;
    }
  }
  const bool is_integer = targets_.scalar_type() == at::kLong;
  datasets::gather_rows(targets_.const_data_ptr(),
                        static_cast<std::size_t>(target_shape_.numel()) * targets_.element_size(), indices,
                        sink.targets(is_integer ? TargetView::Type::int64 : TargetView::Type::float32, target_shape_));
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
