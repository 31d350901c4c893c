/// The memory of a batch's targets.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/reusable_tensor.hpp>
#include <hearth/data/target.hpp>

namespace hearth::data {

/// Targets of one type and one shape, that of the first. Its errors name the sample.
class TargetMemory {
 public:
  /// Begins a batch of `capacity` targets at most; `pin`: in page-locked memory.
  void begin(std::size_t capacity, bool pin) noexcept {
    capacity_ = capacity;
    pin_ = pin;
    has_type_ = false;
  }

  /// Sets target number `place`, that of `sample`. The first that is set decides type and shape; after it several
  /// threads may set others. Throws Error when its type or shape is not that of the first, when it is empty, or memory
  /// is short.
  void put(std::size_t place, std::size_t sample, const TargetView& target) {
    if (!has_type_) {
      reserve(sample, target.type(), target.shape());
    }
    if (scalar_type(target.type()) != type_ || target.shape() != shape_) [[unlikely]] {
      const TargetView first = type_ == at::kLong ? TargetView(static_cast<const std::int64_t*>(nullptr), shape_)
                                                  : TargetView(static_cast<const float*>(nullptr), shape_);
      core::fail(
          "DataLoader: the target of sample {} is {}, but the batch began with {}; the targets of a dataset must all "
          "have one type and one shape",
          sample, target.describe(), first.describe());
    }
    const auto count = static_cast<std::size_t>(shape_.numel());
    if (type_ == at::kLong) {
      std::memcpy(static_cast<std::int64_t*>(data_) + place * count, target.data(), count * sizeof(std::int64_t));
    } else if (target.type() == TargetView::Type::float32) {
      std::memcpy(static_cast<float*>(data_) + place * count, target.data(), count * sizeof(float));
    } else {
      const auto* const numbers = static_cast<const double*>(target.data());
      std::transform(numbers, numbers + count, static_cast<float*>(data_) + place * count,
                     [](double number) { return static_cast<float>(number); });
    }
  }

  /// The same for a tensor of floats or integers. Throws Error also when it is none, or not on the CPU.
  void put(std::size_t place, std::size_t sample, const at::Tensor& target) {
    core::require(
        target.defined() && target.device().is_cpu() && target.layout() == at::kStrided && !target.is_complex(),
        "DataLoader: the target of sample {} must be a tensor of floats or integers on the CPU, but is {}", sample,
        target.defined() ? target.toString() : "undefined");
    const Shape shape(std::span(target.sizes().data(), target.sizes().size()));
    if (target.is_floating_point()) {
      const at::Tensor floats = target.detach().to(at::kFloat).contiguous();
      put(place, sample, TargetView(floats.const_data_ptr<float>(), shape));
    } else {
      const at::Tensor integers = target.to(at::kLong).contiguous();
      put(place, sample, TargetView(integers.const_data_ptr<std::int64_t>(), shape));
    }
  }

  /// Memory for the targets of a batch that begins with `sample`, the first of them; each is of that type and shape.
  /// Throws Error when a target is empty, or memory is short.
  void* reserve(std::size_t sample, TargetView::Type type, const Shape& shape) {
    shape_ = shape;
    type_ = scalar_type(type);
    std::array<std::int64_t, Shape::max_rank + 1> sizes{static_cast<std::int64_t>(capacity_)};
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      core::require(shape[i] > 0, "DataLoader: the target of sample {} is empty: its shape is {}", sample,
                    shape_.to_string());
      sizes[i + 1] = shape[i];
    }
    try {
      targets_.reserve({sizes.data(), shape.rank() + 1}, type_, pin_);
    } catch (const std::exception&) {  // LibTorch's, with a back-trace
      core::fail("DataLoader: no memory for {} targets of the shape {}; use a smaller batch_size or smaller targets",
                 capacity_, shape_.to_string());
    }
    has_type_ = true;
    return data_ = targets_.data();
  }

  /// Copies target number `from` to number `to`.
  void move(std::size_t from, std::size_t to) noexcept {
    const std::size_t bytes = static_cast<std::size_t>(shape_.numel()) * (type_ == at::kLong ? 8 : 4);
    std::memcpy(static_cast<std::byte*>(data_) + to * bytes, static_cast<std::byte*>(data_) + from * bytes, bytes);
  }

  /// The first `count` targets, [count, ...].
  at::Tensor first(std::int64_t count) const { return targets_.first(count); }

  /// Lets go of the memory.
  void release() noexcept { targets_.release(); }

 private:
  static at::ScalarType scalar_type(TargetView::Type type) noexcept {
    return type == TargetView::Type::int64 ? at::kLong : at::kFloat;
  }

  std::size_t capacity_ = 1;
  bool pin_ = false;
  ReusableTensor targets_;  // [capacity, ...]
  void* data_ = nullptr;    // theirs
  at::ScalarType type_ = at::kLong;
  Shape shape_;            // of one target
  bool has_type_ = false;  // and shape: those of this batch's targets
};

}  // namespace hearth::data
