/// What a target is: a sample's label, a number, some numbers, or a picture of numbers; and how it gets into a batch.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include <hearth/core/inline.hpp>
#include <hearth/core/sample.hpp>

namespace at {
class Tensor;
}

namespace hearth {

/// A target as the batch takes it over: one number, which it holds, or numbers of a shape, which somebody else holds
/// for as long as it is used. A dataset that has its targets in memory returns it from `read` and copies nothing.
class TargetView {
 public:
  /// What the numbers are. In a batch, int64 stays int64, and the others are float.
  enum class Type { int64, float32, float64 };

  /// A label, or another integer.
  template <std::integral T>
  TargetView(T number) noexcept : integer_(static_cast<std::int64_t>(number)) {}
  /// A number; a batch holds it as a float.
  template <std::floating_point T>
  TargetView(T number) noexcept : real_(static_cast<float>(number)), type_(Type::float32) {}

  /// `shape.numel()` numbers, one beside the other.
  TargetView(const std::int64_t* data, const Shape& shape) noexcept : data_(data), shape_(shape) {}
  TargetView(const float* data, const Shape& shape) noexcept : data_(data), shape_(shape), type_(Type::float32) {}
  TargetView(const double* data, const Shape& shape) noexcept : data_(data), shape_(shape), type_(Type::float64) {}

  /// The first of the numbers.
  const void* data() const noexcept {
    if (data_ != nullptr) {
      return data_;
    }
    return type_ == Type::int64 ? static_cast<const void*>(&integer_) : static_cast<const void*>(&real_);
  }
  /// Without a dimension for one number.
  const Shape& shape() const noexcept { return shape_; }
  Type type() const noexcept { return type_; }

  /// For sentences: "an int64 number", "float numbers of the shape [4]".
  std::string describe() const;

 private:
  const void* data_ = nullptr;  // of numbers that somebody else holds
  std::int64_t integer_ = 0;
  float real_ = 0;
  Shape shape_;
  Type type_ = Type::int64;
};

}  // namespace hearth

namespace hearth::data {

/// Numbers one beside the other in memory: std::vector, std::array or std::span of float, double or std::int64_t.
template <class T>
concept NumbersLike = requires(const T& numbers) {
  requires std::same_as<decltype(std::span(numbers).data()), const float*> ||
      std::same_as<decltype(std::span(numbers).data()), const double*> ||
      std::same_as<decltype(std::span(numbers).data()), const std::int64_t*> ||
      std::same_as<decltype(std::span(numbers).data()), float*> ||
      std::same_as<decltype(std::span(numbers).data()), double*> ||
      std::same_as<decltype(std::span(numbers).data()), std::int64_t*>;
};

/// Where a loader takes the target of the sample that was read.
class TargetSink {
 public:
  /// Throws Error when the target's type or shape differs from that of the batch's other targets.
  virtual void accept(const TargetView& target) = 0;

  /// The same for a tensor on the CPU. Its floating-point numbers become float, its integers int64.
  virtual void accept(const at::Tensor& target) = 0;

 protected:
  ~TargetSink() = default;
};

}  // namespace hearth::data

namespace hearth {

/// What a dataset's `read` returns, and what N of them are in a batch: an integer (int64 [N]), a float or double
/// (float [N]), K numbers as a std::vector, std::array or std::span of float, double or std::int64_t (float or int64
/// [N, K]), a TargetView, or an at::Tensor of floats or integers on the CPU (float or int64 [N, ...]).
template <class T>
concept TargetLike =
    std::same_as<std::remove_cvref_t<T>, at::Tensor> || std::same_as<std::remove_cvref_t<T>, TargetView> ||
    std::convertible_to<T, std::int64_t> || data::NumbersLike<std::remove_cvref_t<T>>;

}  // namespace hearth

namespace hearth::data {

/// Hands a target of any kind over.
template <TargetLike Target>
void give(const Target& target, TargetSink& sink) {
  if constexpr (std::same_as<Target, at::Tensor> || std::same_as<Target, TargetView>) {
    sink.accept(target);
  } else if constexpr (std::floating_point<Target>) {
    sink.accept(TargetView(target));
  } else if constexpr (std::convertible_to<const Target&, std::int64_t>) {
    sink.accept(TargetView(static_cast<std::int64_t>(target)));
  } else {
    const std::span numbers(target);
    const auto count = static_cast<std::int64_t>(numbers.size());
    sink.accept(TargetView(numbers.data(), Shape{count}));
  }
}

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/target.ipp>
#endif
